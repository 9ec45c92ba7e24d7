"""CPU of reading a model's tokens: 40 streams at 20 ms a token, from a fake server in a process of its own."""

import argparse
import asyncio
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable

import uvloop

from genai_stack.infra.egress.addresses import Upstreams
from genai_stack.infra.egress.client import Outbound
from genai_stack.integrations.chat_models import ChatModels
from genai_stack.integrations.llm.chat_model import ChatRequest, Delta
from genai_stack.integrations.llm.retries import stream_with_retries

REQUEST = ChatRequest(model="fake", question="Go.")


Reader = Callable[[], Awaitable[int]]


async def bare(outbound: Outbound, address: str) -> int:
    """The floor: bytes read with aiohttp and thrown away."""
    body = b'{"stream": true, "messages": [{"role": "user", "content": "Go."}]}'
    async with outbound.session().post(f"{address}/v1/chat/completions", data=body) as response:
        return len([chunk async for chunk in response.content.iter_any()])


async def deltas(stream: AsyncIterator[Delta]) -> int:
    return len([delta async for delta in stream if delta.text])


async def measured(reader: Reader, streams: int) -> tuple[int, float, float]:
    """Reads, CPU seconds, seconds."""
    cpu, wall = time.process_time(), time.perf_counter()
    counts = await asyncio.gather(*(reader() for _ in range(streams)))
    return sum(counts), time.process_time() - cpu, time.perf_counter() - wall


async def main(streams: int = 40, tokens: int = 200, gap_ms: float = 20) -> None:
    fake = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.fakes.openai_server", "--tokens", str(tokens), "--gap-ms", str(gap_ms)),
        stdout=asyncio.subprocess.PIPE,
    )
    assert fake.stdout is not None
    address = (await fake.stdout.readline()).decode().split()[-1]
    outbound = Outbound(Upstreams(private_allowed=True))
    model = ChatModels(outbound).model("openai_compatible", base_url=f"{address}/v1")
    readers: dict[str, Reader] = {
        "aiohttp, bytes thrown away": lambda: bare(outbound, address),
        "the model's stream": lambda: deltas(model.stream(REQUEST)),
        "with deadlines and retries": lambda: deltas(stream_with_retries(model, REQUEST)),
    }
    try:
        print(f"{streams} streams, {tokens} tokens each, {gap_ms:g} ms apart")
        print(f"{'reader':<28}{'reads':>8}{'CPU µs per token':>18}{'wall over ideal':>17}")
        for name, reader in readers.items():
            await measured(reader, 1)
            reads, cpu, wall = await measured(reader, streams)
            ideal = max(tokens * gap_ms / 1000, 0.001)
            print(f"{name:<28}{reads:>8}{cpu / streams / tokens * 1e6:>18.1f}{wall / ideal:>17.2f}")
    finally:
        await outbound.close()
        fake.terminate()
        await fake.wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--streams", type=int, default=40)
    parser.add_argument("--tokens", type=int, default=200)
    parser.add_argument("--gap-ms", type=float, default=20)
    arguments = parser.parse_args()
    uvloop.run(main(arguments.streams, arguments.tokens, arguments.gap_ms))
