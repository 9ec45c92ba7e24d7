"""Memory of a run that waits for a slow model, beyond what its socket to the model costs."""

import asyncio
import gc
import json

import aiohttp
import psutil
import uvloop

from genai_stack.infra.egress.addresses import Upstreams
from genai_stack.infra.egress.client import Outbound
from tests.load.rig import asking_stack, fresh_folder, model_server, save, server
from tests.load.table import Table

RUNS = 500


async def sockets_alone(model: str) -> float:
    """KiB of each of as many requests that wait, made by the program's own client in this process."""
    outbound = Outbound(Upstreams(private_allowed=True))
    body = json.dumps({"model": "fake", "stream": True, "messages": [{"role": "user", "content": "HANG"}]}).encode()

    async def one() -> None:
        async with outbound.session().post(f"{model}/v1/chat/completions", data=body) as answer:
            await answer.read()

    async def parked(count: int) -> list[asyncio.Task[None]]:
        tasks = [asyncio.ensure_future(one()) for _ in range(count)]
        await asyncio.sleep(3)
        return tasks

    waiting = await parked(RUNS // 5)
    gc.collect()
    before = psutil.Process().memory_info().rss
    waiting += await parked(RUNS)
    gc.collect()
    used = psutil.Process().memory_info().rss - before
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    await outbound.close()
    return used / RUNS / 1024


async def runs(model: str) -> float:
    """KiB of each run in the server, its socket included."""
    async with fresh_folder() as data, server(data, max_running="5000") as served, aiohttp.ClientSession() as session:
        workflow = await save(session, served.url, asking_stack(model))

        async def start(count: int) -> None:
            for _ in range(count):
                url = f"{served.url}/api/v1/workflows/{workflow}/runs"
                async with session.post(url, json={"query": "HANG"}) as answer:
                    assert answer.status == 202, await answer.text()
            await asyncio.sleep(3)

        await start(RUNS // 5)
        before = served.memory
        await start(RUNS)
        used = served.memory - before
        served.process.kill()
        return used / RUNS / 1024


async def main() -> None:
    async with model_server(1) as model:
        whole, alone = await runs(model), await sockets_alone(model)
    table = Table(f"{RUNS} runs parked on a model that does not answer", "KiB each", "reach")
    table.row("run with its socket to the model", f"{whole:.1f}", "")
    table.row("that socket alone, by the same client", f"{alone:.1f}", "")
    table.row("the run beyond its socket", f"{whole - alone:.1f}", "≤ 15")
    table.print()


if __name__ == "__main__":
    uvloop.run(main())
