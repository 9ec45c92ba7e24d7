"""Query → LLM → output over REST, against a model that answers at once: time added, and runs a second."""

import asyncio
import json
import statistics
import time

import aiohttp
import uvloop

from tests.load.rig import Served, ask, asking_stack, fresh_folder, model_server, save, server
from tests.load.table import Table

TOKENS = 50


async def model_alone(session: aiohttp.ClientSession, model: str) -> None:
    body = {"model": "fake", "stream": True, "messages": [{"role": "user", "content": "Go."}]}
    async with session.post(f"{model}/v1/chat/completions", data=json.dumps(body)) as answer:
        await answer.read()


async def added(session: aiohttp.ClientSession, served: Served, model: str, workflow: str, times: int = 200) -> float:
    """Milliseconds at the median that a run takes longer than the model alone."""
    ours, alone = [], []
    for _ in range(20):
        await ask(session, served.url, workflow)
    for _ in range(times):
        began = time.perf_counter()
        await ask(session, served.url, workflow)
        ours.append(time.perf_counter() - began)
        began = time.perf_counter()
        await model_alone(session, model)
        alone.append(time.perf_counter() - began)
    return (statistics.median(ours) - statistics.median(alone)) * 1000


async def runs_a_second(
    session: aiohttp.ClientSession, served: Served, workflow: str, at_once: int = 64, runs: int = 1500
) -> tuple[float, float]:
    """Runs a second, and milliseconds of the server's CPU for each."""
    left = iter(range(runs))

    async def worker() -> None:
        for _ in left:
            await ask(session, served.url, workflow)

    cpu, began = served.cpu, time.perf_counter()
    await asyncio.gather(*(worker() for _ in range(at_once)))
    wall = time.perf_counter() - began
    return runs / wall, (served.cpu - cpu) / runs * 1000


async def main() -> None:
    table = Table(f"Query → LLM → output over REST, {TOKENS} tokens at once", "reached", "reach")
    async with (
        fresh_folder() as data,
        model_server(TOKENS) as model,
        server(data) as served,
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session,
    ):
        workflow = await save(session, served.url, asking_stack(model))
        table.row("1 at a time: time added, p50", f"{await added(session, served, model, workflow):.1f} ms", "≤ 10 ms")
        speed, cpu = await runs_a_second(session, served, workflow)
        table.row("64 at a time: runs per second, one process", f"{speed:.0f} ({cpu:.2f} ms CPU each)", "≥ 200")
    table.print()


if __name__ == "__main__":
    uvloop.run(main())
