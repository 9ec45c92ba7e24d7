"""CPU of reading a model's tokens: 40 streams at 20 ms a token, from a fake server in a process of its own."""

import argparse
import asyncio
import sys
import time

import uvloop

from genai_stack.llm.chat_model import ChatRequest
from genai_stack.llm.chat_models import ChatModels
from genai_stack.llm.patience import patient
from genai_stack.outbound.addresses import Upstreams
from genai_stack.outbound.client import Outbound

REQUEST = ChatRequest(model="fake", question="Go.")


async def read(models: ChatModels, address: str, streams: int, watched: bool) -> tuple[int, float]:
    """Deltas with text, and CPU seconds."""
    model = models.model("openai_compatible", base_url=f"{address}/v1")

    async def one() -> int:
        deltas = patient(model, REQUEST) if watched else model.stream(REQUEST)
        return len([delta async for delta in deltas if delta.text])

    began = time.process_time()
    counts = await asyncio.gather(*(one() for _ in range(streams)))
    return sum(counts), time.process_time() - began


async def main(streams: int = 40, tokens: int = 200, gap_ms: float = 20) -> None:
    fake = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.fakes.openai_server", "--tokens", str(tokens), "--gap-ms", str(gap_ms)),
        stdout=asyncio.subprocess.PIPE,
    )
    assert fake.stdout is not None
    address = (await fake.stdout.readline()).decode().split()[-1]
    models = ChatModels(Outbound(Upstreams(private_allowed=True)))
    try:
        await read(models, address, 1, watched=False)
        print(f"{streams} streams, {tokens} tokens each, {gap_ms:g} ms apart")
        print(f"{'reader':<28}{'tokens':>8}{'reads':>8}{'CPU µs per token':>18}")
        for name, watched in (("the wire alone", False), ("with deadlines and retries", True)):
            reads, seconds = await read(models, address, streams, watched)
            total = streams * tokens
            print(f"{name:<28}{total:>8}{reads:>8}{seconds / total * 1e6:>18.1f}")
    finally:
        await models.close()
        fake.terminate()
        await fake.wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--streams", type=int, default=40)
    parser.add_argument("--tokens", type=int, default=200)
    parser.add_argument("--gap-ms", type=float, default=20)
    arguments = parser.parse_args()
    uvloop.run(main(arguments.streams, arguments.tokens, arguments.gap_ms))
