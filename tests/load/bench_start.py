"""Starting: to the first answer of /healthz, to the whole answer of the example, and memory when idle."""

import asyncio
import statistics
import time
from pathlib import Path

import aiohttp
import uvloop

from tests.load.rig import Served, ask, fresh_folder, server
from tests.load.table import Table

TIMES = 5


async def example_answered(served: Served) -> None:
    async with aiohttp.ClientSession() as session:
        async with session.get(f"{served.url}/api/v1/workflows") as answer:
            workflow = (await answer.json())["items"][0]["id"]
        run = await ask(session, served.url, workflow, "What is offline mode?")
    assert "language model" in run["answer"], run["answer"]
    assert run["sources"], run


async def once(data: Path) -> tuple[float, float, float, int]:
    """Seconds to start on a new directory, to the example's answer, to start again; bytes resident when idle."""
    began = time.perf_counter()
    async with server(data) as served:
        new = served.started
        await example_answered(served)
        whole = time.perf_counter() - began
    async with server(data) as served:
        await asyncio.sleep(1)
        return new, whole, served.started, served.memory


async def main() -> None:
    table = Table(f"Starting, median of {TIMES}", "reached", "reach")
    seen = []
    for _ in range(TIMES):
        async with fresh_folder() as data:
            seen.append(await once(data))
    new, whole, again, memory = (statistics.median(column) for column in zip(*seen, strict=True))
    table.row("to /healthz on an existing data directory", f"{again:.2f} s", "≤ 1 s")
    table.row("to /healthz on a new one", f"{new:.2f} s", "≤ 2 s")
    table.row("idle memory", f"{memory / 1e6:.0f} MB", "≤ 120 MB")
    table.row("from start to the example's whole answer, new data directory, offline", f"{whole:.2f} s", "≤ 3 s")
    table.print()


if __name__ == "__main__":
    uvloop.run(main())
