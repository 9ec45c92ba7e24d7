"""API processes and workers over one PostgreSQL: starts, runs a second, recovery after a kill, and 200 chats."""

import asyncio
import os
import signal
import statistics
import time
from collections.abc import AsyncGenerator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from datetime import datetime
from typing import Any

import aiohttp
import msgspec
import psutil
import uvloop
from cryptography.fernet import Fernet

from tests.load.bench_chats import chats, p95
from tests.load.bench_rest import runs_a_second
from tests.load.rig import Served, ask, asking_stack, fresh_folder, model_server, save, server
from tests.load.table import Table
from tests.support.graphs import echo
from tests.support.postgres import Postgres

KILLS = int(os.environ.get("BENCH_KILLS", "20"))
STARTS = 200
IN_FLIGHT = 8  # runs that two workers share when one of them is killed


class _Event(msgspec.Struct):
    type: str


@contextmanager
def databases() -> Iterator[Postgres]:
    """A PostgreSQL that waits for its disk, as one in earnest does."""
    postgres = Postgres(durable=True)
    postgres.start()
    try:
        yield postgres
    finally:
        postgres.stop()


@asynccontextmanager
async def processes(command: str, count: int, **settings: str) -> AsyncGenerator[list[Served]]:
    async with AsyncExitStack() as stack:
        folders = [await stack.enter_async_context(fresh_folder()) for _ in range(count)]
        yield [await stack.enter_async_context(server(data, command=command, **settings)) for data in folders]


@asynccontextmanager
async def cluster(postgres: Postgres, workers: int) -> AsyncGenerator[tuple[Served, list[Served]]]:
    """An API process and its workers, on a new database."""
    settings = {
        "database_url": postgres.migrated(),
        "dispatch": "distributed",
        "worker_private_upstreams": "true",
        "secret_key": Fernet.generate_key().decode(),
        "example": "false",
    }
    async with processes("serve", 1, **settings) as (api,), processes("worker", workers, **settings) as crew:
        yield api, crew


async def starts(session: aiohttp.ClientSession, api: Served) -> list[float]:
    """Seconds from a run's row to its `run.started`, by the machine's clock."""
    workflow = await save(session, api.url, echo())
    found: list[float] = []
    for _ in range(STARTS):
        run = await ask(session, api.url, workflow)
        address = f"{api.url}/api/v1/runs/{run['id']}/events"
        async with session.get(address, headers={"accept": "application/json"}) as answer:
            events = (await answer.json())["items"]
        begun = next(event["at"] for event in events if event["type"] == "run.started")
        found.append((moment(begun) - moment(run["created_at"])).total_seconds())
    return found[STARTS // 10 :]


def moment(text: str) -> datetime:
    return msgspec.convert(text, datetime)


async def recoveries(session: aiohttp.ClientSession, api: Served, worker: Served, model: str) -> list[float]:
    """Seconds from `kill -9` of a worker to the taking up of each of its runs by another."""
    workflow = await save(session, api.url, asking_stack(model))
    asked = [_begin(session, api.url, workflow) for _ in range(IN_FLIGHT)]
    runs = await asyncio.gather(*asked)
    speaking = [asyncio.Event() for _ in runs]
    taken_up = [
        asyncio.ensure_future(_restarted(session, api.url, run, event))
        for run, event in zip(runs, speaking, strict=True)
    ]
    await asyncio.gather(*(event.wait() for event in speaking))
    os.kill(worker.process.pid, signal.SIGKILL)
    killed = time.perf_counter()
    await worker.process.wait()
    await asyncio.wait(taken_up, return_when=asyncio.FIRST_COMPLETED, timeout=60)
    _, undisturbed = await asyncio.wait(taken_up, timeout=2)
    for task in undisturbed:
        task.cancel()
    for run in runs:
        await (await session.post(f"{api.url}/api/v1/runs/{run}/cancel")).read()
    return [task.result() - killed for task in taken_up if task not in undisturbed]


async def _begin(session: aiohttp.ClientSession, url: str, workflow: str) -> str:
    async with session.post(f"{url}/api/v1/workflows/{workflow}/runs", json={"query": "Go."}) as answer:
        return str((await answer.json())["id"])


async def _restarted(session: aiohttp.ClientSession, url: str, run: str, speaks: asyncio.Event) -> float:
    decode = msgspec.json.Decoder(_Event).decode
    async with session.ws_connect(f"{url}/api/v1/runs/{run}/events") as socket:
        async for message in socket:
            kind = decode(message.data).type
            if kind == "answer.delta":
                speaks.set()
            elif kind == "node.restarted":
                return time.perf_counter()
    raise RuntimeError("the run ended without having been disturbed")


async def bench_starts(postgres: Postgres, table: Table) -> None:
    async with aiohttp.ClientSession() as session:
        async with fresh_folder() as data, server(data) as alone:
            found = await starts(session, alone)
        table.row("in process, SQLite: a run's row → `run.started`, p50 · p95", shown(found), "")
        async with cluster(postgres, 1) as (api, _):
            found = await starts(session, api)
        table.row("distributed: a run's row → `run.started`, p50 · p95", shown(found), "≤ 20 ms")


def shown(seconds: list[float]) -> str:
    return f"{statistics.median(seconds) * 1000:.1f} ms · {p95(seconds)}"


async def bench_speed(postgres: Postgres, table: Table) -> None:
    for workers in (1, 2):
        async with (
            model_server(50) as model,
            cluster(postgres, workers) as (api, crew),
            aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session,
        ):
            workflow = await save(session, api.url, asking_stack(model))
            await runs_a_second(session, api, workflow, runs=100)
            before, stored = sum(worker.cpu for worker in crew), cpu_of(postgres)
            speed, cpu = await runs_a_second(session, api, workflow)
            work = (sum(worker.cpu for worker in crew) - before) / 1500 * 1000
            store = (cpu_of(postgres) - stored) / 1500 * 1000
        name = f"query → LLM → output, 64 at a time, {workers} worker{'s' * (workers > 1)}: runs a second"
        table.row(
            name, f"{speed:.0f} (CPU each: {cpu:.1f} ms API, {work:.1f} ms worker, {store:.1f} ms PostgreSQL)", ""
        )


async def bench_recovery(postgres: Postgres, table: Table) -> None:
    found: list[float] = []
    kills = 0
    async with (
        model_server(2_000, gap_ms=20) as model,
        aiohttp.ClientSession() as session,
        cluster(postgres, 1) as (api, _),
    ):
        while kills < KILLS:
            async with processes("worker", 1, **api.settings) as (victim,):
                taken_up = await recoveries(session, api, victim, model)
            kills += bool(taken_up)
            found += taken_up
    row = f"{statistics.median(found):.1f} s · {max(found):.1f} s"
    table.row(f"`kill -9` of a worker, {kills} times, {len(found)} runs → taken up, median · worst", row, "≤ 10 s")


async def bench_chats(postgres: Postgres, table: Table) -> None:
    for count, tokens, over, workers in (
        (200, 1_000, 5.0, 1),
        (200, 1_000, 5.0, 2),
        (25, 200, 1.0, 1),
        (200, 200, 1.0, 1),
    ):
        async with (
            model_server(tokens, gap_ms=10) as model,
            cluster(postgres, workers) as (api, crew),
        ):
            await chats(api, model, 8, tokens, 0.01, 0)
            before, stored = sum(worker.cpu for worker in crew), cpu_of(postgres)
            used, late, stall = await chats(api, model, count, tokens, 0.01, over)
            said = count * tokens / 1e6
            work, store = (sum(worker.cpu for worker in crew) - before) / said, (cpu_of(postgres) - stored) / said
        name = (
            f"{count} chats, {tokens} tokens at 100/s, asked within {over:g} s, {workers} worker{'s' * (workers > 1)}"
        )
        told = f"first token late p95 {p95(late)}, longest stall p95 {p95(stall)}"
        spent = f"CPU per token {used:.0f} µs API, {work:.0f} µs worker, {store:.0f} µs PostgreSQL"
        table.row(name, f"{told}; {spent}", "all finish; ≤ 250 ms" if count == 200 else "")


def cpu_of(postgres: Postgres) -> float:
    """Seconds of CPU of the server and its backends, those that have ended included."""
    server = psutil.Process(postgres.pid)
    times = [one.cpu_times() for one in (server, *server.children())]
    ended = server.cpu_times()
    return sum(time.user + time.system for time in times) + ended.children_user + ended.children_system


async def main() -> None:
    table = Table("API and workers over one PostgreSQL", "reached", "reach")
    wanted = os.environ.get("BENCH_PARTS", "starts speed recovery chats").split()
    parts: dict[str, Any] = {
        "starts": bench_starts, "speed": bench_speed, "recovery": bench_recovery, "chats": bench_chats,
    }  # fmt: skip
    with databases() as postgres:
        for name in wanted:
            await parts[name](postgres, table)
    table.print()


if __name__ == "__main__":
    uvloop.run(main())
