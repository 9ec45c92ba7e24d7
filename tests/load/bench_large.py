"""A chain of 10,000 nodes: validated, and run, through the API of a server whose limits were raised."""

import asyncio
import time
from typing import Any

import aiohttp
import uvloop

from tests.load.rig import fresh_folder, save, server
from tests.load.table import Table

NODES = 10_000
LIMITS = {"max_nodes": "20000", "max_edges": "20000", "max_graph_bytes": "20000000"}


def chain(count: int) -> dict[str, Any]:
    """Query, then offline models one after another, then output."""
    kinds = ["query", *["llm"] * (count - 2), "output"]
    ports = {"query": ("text", None), "llm": ("answer", "prompt"), "output": (None, "answer")}
    nodes = [
        {"id": f"n{i}", "type": kind, "position": {"x": i, "y": 0}, "data": {"config": {}}}
        for i, kind in enumerate(kinds)
    ]
    edges = [
        {
            "id": f"e{i}",
            "source": f"n{i}",
            "sourceHandle": ports[kinds[i]][0],
            "target": f"n{i + 1}",
            "targetHandle": ports[kinds[i + 1]][1],
        }
        for i in range(count - 1)
    ]
    return {"nodes": nodes, "edges": edges}


async def main() -> None:
    table = Table(f"A chain of {NODES:,} nodes", "reached", "reach")
    async with fresh_folder() as data, server(data, **LIMITS) as served, aiohttp.ClientSession() as session:
        api = f"{served.url}/api/v1"
        configuration = chain(NODES)
        began = time.perf_counter()
        async with session.post(f"{api}/workflows/validate", json={"configuration": configuration}) as answer:
            assert (await answer.json())["valid"], await answer.text()
        table.row("validated, over REST", f"{time.perf_counter() - began:.2f} s", "≤ 1 s")
        workflow = await save(session, served.url, configuration)
        began = time.perf_counter()
        async with session.post(f"{api}/workflows/{workflow}/runs", json={"query": "Hello?"}) as answer:
            run = (await answer.json())["id"]
        status = "queued"
        while status in ("queued", "running"):
            await asyncio.sleep(0.5)
            async with session.get(f"{api}/workflows/{workflow}/runs") as answer:
                status = (await answer.json())["items"][0]["status"]
        assert status == "succeeded", (run, status)
        table.row("run", f"works, in {time.perf_counter() - began:.1f} s", "works")
    table.print()


if __name__ == "__main__":
    uvloop.run(main())
