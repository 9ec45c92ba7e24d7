"""Chat sockets on which nobody says anything: memory and CPU of each."""

import asyncio
from contextlib import AsyncExitStack

import aiohttp
import uvloop

from tests.load.rig import fresh_folder, save, server
from tests.load.table import Table
from tests.support.graphs import echo

SOCKETS = 2_000
SECONDS = 60


async def main() -> None:
    table = Table(f"{SOCKETS:,} idle chat sockets on one process", "each")
    async with (
        fresh_folder() as data,
        server(data) as served,
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session,
        AsyncExitStack() as stack,
    ):
        workflow = await save(session, served.url, echo())
        async with session.post(f"{served.url}/api/v1/workflows/{workflow}/sessions") as answer:
            address = f"{served.url}/api/v1/sessions/{(await answer.json())['id']}/chat"
        await stack.enter_async_context(session.ws_connect(address))  # what a first use costs is not counted
        before = served.memory
        for _ in range(SOCKETS // 50):
            opening = [stack.enter_async_context(session.ws_connect(address, heartbeat=None)) for _ in range(50)]
            for one in opening:
                await one
        memory = (served.memory - before) / SOCKETS / 1024
        cpu = served.cpu
        await asyncio.sleep(SECONDS)
        spent = (served.cpu - cpu) / SOCKETS / SECONDS * 1e6
    table.row("memory", f"{memory:.1f} KiB")
    table.row("CPU", f"{spent:.0f} µs a second")
    table.print()


if __name__ == "__main__":
    uvloop.run(main())
