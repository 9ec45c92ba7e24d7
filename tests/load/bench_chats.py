"""Many chats at once over WebSocket: CPU per token, how late the first token is, and the longest stall."""

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable
from uuid import uuid4

import aiohttp
import msgspec
import uvloop

from tests.load.rig import Served, asking_stack, fresh_folder, model_server, save, server
from tests.load.table import Table

Go = Callable[[], Awaitable[None]]


class _Data(msgspec.Struct):
    text: str = ""


class _Seen(msgspec.Struct):
    type: str
    data: _Data


async def chat(
    session: aiohttp.ClientSession, url: str, workflow: str, tokens: int, gap: float, go: Go
) -> tuple[float, float]:
    """Seconds that the first token came late, and the longest time without one beyond the model's own pace."""
    async with session.post(f"{url}/api/v1/workflows/{workflow}/sessions") as answer:
        conversation = (await answer.json())["id"]
    decode = msgspec.json.Decoder(_Seen).decode
    async with session.ws_connect(f"{url}/api/v1/sessions/{conversation}/chat", max_msg_size=0) as socket:
        await go()
        began = time.perf_counter()
        await socket.send_json({"type": "message", "id": str(uuid4()), "content": "Go."})
        first, last, stall = 0.0, 0.0, 0.0
        pieces = ""
        async for message in socket:
            event = decode(message.data)
            if event.type == "answer.delta":
                now = time.perf_counter()
                stall = max(stall, now - last - gap) if last else 0.0
                first, last = first or now, now
                pieces += event.data.text
            elif event.type == "run.finished":
                break
        assert pieces.split() == [f"tok{i}" for i in range(tokens)], pieces[-200:]
    return first - began - gap, stall


async def chats(
    served: Served, model: str, count: int, tokens: int, gap: float, over: float
) -> tuple[float, list[float], list[float]]:
    """The server's CPU in µs per token, and what each chat saw. All are connected first, and ask within `over` seconds."""
    connected = 0
    everyone = asyncio.Event()

    async def go() -> None:
        nonlocal connected, cpu
        place, connected = connected, connected + 1
        if connected == count:
            cpu = served.cpu
            everyone.set()
        await everyone.wait()
        await asyncio.sleep(over * place / count)

    cpu = 0.0
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        workflow = await save(session, served.url, asking_stack(model))
        seen = await asyncio.gather(*(chat(session, served.url, workflow, tokens, gap, go) for _ in range(count)))
        used = (served.cpu - cpu) / (count * tokens) * 1e6
    return used, [late for late, _ in seen], [stall for _, stall in seen]


def p95(values: list[float]) -> str:
    return f"{statistics.quantiles(values, n=20)[18] * 1000:.0f} ms"


async def main() -> None:
    table = Table(
        "Chats at once over WebSocket", "CPU per token", "first token late, p95", "longest stall, p95", "reach"
    )
    for count, tokens, gap, over, reach in (
        (40, 800, 0.02, 1.0, "≤ 60 µs"),
        (200, 200, 0.01, 1.0, "all finish; ≤ 150 ms; ≤ 150 ms"),
        (200, 200, 0.01, 0.0, ""),
    ):
        async with fresh_folder() as data, model_server(tokens, gap_ms=gap * 1000) as model, server(data) as served:
            await chats(served, model, 8, tokens, gap, 0)  # what a first use costs is not counted
            used, late, stall = await chats(served, model, count, tokens, gap, over)
        name = f"{count} chats, {tokens} tokens each at {1 / gap:.0f} tokens/s, asked within {over:g} s"
        table.row(name, f"{used:.0f} µs", p95(late), p95(stall), reach)
    table.print()


if __name__ == "__main__":
    uvloop.run(main())
