"""PostgreSQL crashes and comes back, under load."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx2
import pytest

from tests.fakes.openai_server import OpenAIServer
from tests.support import graphs, talk
from tests.support.cluster import Cluster
from tests.support.postgres import Postgres
from tests.support.server import Server
from tests.support.talk import V1

pytestmark = [pytest.mark.fault, pytest.mark.timeout(300)]

RUNS = 12


@pytest.fixture
def database() -> Iterator[Postgres]:
    """One that a test may restart."""
    started = Postgres()
    started.start()
    yield started
    started.stop()


@pytest.fixture(params=["in process", "distributed"])
def api(request: pytest.FixtureRequest, tmp_path: Path, database: Postgres) -> Iterator[Server]:
    """A server, which does the runs itself or has workers."""
    if request.param == "in process":
        started: Server | Cluster = Server(tmp_path, database_url=database.migrated()).start()
    else:
        started = Cluster(tmp_path, database.migrated(), apis=1).start()
    yield started if isinstance(started, Server) else started.apis[0]
    started.stop()


async def load(client: httpx2.AsyncClient, model: OpenAIServer) -> tuple[str, list[str]]:
    """A workflow, and its runs that stream."""
    workflow = await talk.saved(client, graphs.in_a_row(model.base_url, 2))
    runs = [await talk.begun(client, workflow) for _ in range(RUNS)]
    await talk.until(lambda: model.open == RUNS)
    return workflow, runs


async def test_a_database_that_is_away_for_a_moment_fails_no_run(api: Server, database: Postgres) -> None:
    async with OpenAIServer(tokens=30, gap_ms=100) as model, api.client() as client:
        workflow, runs = await load(client, model)
        restarting = asyncio.ensure_future(asyncio.to_thread(database.restart, 1.0))
        runs += await asyncio.gather(*(_insist(client, workflow) for _ in range(4)))
        await restarting
        for run in runs:
            ended = await talk.ended(client, run, within=60)
            assert ended["status"] == "succeeded", ended
            assert talk.in_order(await talk.events_of(client, run))
        assert model.chats == 2 * len(runs)


async def _insist(client: httpx2.AsyncClient, workflow: str) -> str:
    """Asks until it is taken, as a program does that is told to come again."""
    while True:
        response = await client.post(f"{V1}/workflows/{workflow}/runs", json={"query": "Hello"})
        if response.status_code == 202:
            return str(response.json()["id"])
        assert (response.status_code, response.json()["code"]) == (503, "STORAGE_AWAY")
        await asyncio.sleep(float(response.headers["retry-after"]))


async def test_a_database_that_stays_away_is_told_and_all_goes_on_afterwards(api: Server, database: Postgres) -> None:
    async with OpenAIServer(tokens=30, gap_ms=100) as model, api.client() as client:
        workflow, runs = await load(client, model)
        restarting = asyncio.ensure_future(asyncio.to_thread(database.restart, 8.0))
        refused = await _refused(lambda: client.get(f"{V1}/workflows"))
        assert refused.headers["retry-after"]
        assert refused.headers["content-type"] == "application/problem+json"
        ready = await client.get("/readyz")
        assert ready.status_code == 503
        assert {part["name"]: part["ok"] for part in ready.json()["parts"]}["database"] is False
        assert (await client.get("/healthz")).status_code == 200
        await restarting
        assert (await talk.asked(client, workflow))["status"] == "succeeded"
        for run in runs:
            assert (await talk.ended(client, run, within=60))["status"] == "succeeded"
            events = await talk.events_of(client, run)
            assert talk.in_order(events)
            assert talk.types(events).count("node.finished") == 4
    assert "RUN_CRASHED" not in api.log()


async def _refused(ask: Callable[[], object]) -> httpx2.Response:
    async with asyncio.timeout(30):
        while True:
            response = await ask()  # type: ignore[misc]
            if response.status_code == 503:
                return response
            assert response.status_code == 200
            await asyncio.sleep(0.05)
