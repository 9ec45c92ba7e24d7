"""What processes of a distributed installation need, and what they say without it."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.support import graphs, talk
from tests.support.cluster import Cluster, Worker
from tests.support.postgres import Postgres, as_owner
from tests.support.server import Server


@pytest.mark.parametrize("kind", [Server, Worker])
def test_without_postgresql_it_stops_with_a_sentence(tmp_path: Path, kind: type[Server]) -> None:
    code, said = kind(tmp_path, dispatch="distributed").refused()
    assert (code, "needs PostgreSQL" in said, "Traceback" in said) == (2, True, False)


@pytest.mark.parametrize("kind", [Server, Worker])
def test_without_a_key_that_all_share_it_stops_with_a_sentence(
    tmp_path: Path, postgres: Postgres, kind: type[Server]
) -> None:
    process = kind(tmp_path, dispatch="distributed", database_url=postgres.migrated())
    code, said = process.refused()
    assert (code, "GENAI_STACK_SECRET_KEY" in said, "Traceback" in said) == (2, True, False)


def test_a_worker_of_servers_that_do_their_runs_themselves_stops_with_a_sentence(tmp_path: Path) -> None:
    code, said = Worker(tmp_path).refused()
    assert (code, "genai-stack serve" in said, "Traceback" in said) == (2, True, False)


@pytest.fixture
def cluster(tmp_path: Path, postgres: Postgres) -> Iterator[Cluster]:
    started = Cluster(tmp_path, postgres.migrated(), apis=3, workers=1, example=True)
    try:
        yield started.start()
        assert "Traceback" not in started.log(), started.log()
    finally:
        started.stop()


async def test_processes_that_start_at_once_make_one_workspace_with_one_example(cluster: Cluster) -> None:
    async with cluster.apis[2].client() as client:
        workflows = (await client.get("/api/v1/workflows")).json()
        assert workflows["total"] == 1
        run = await talk.asked(client, workflows["items"][0]["id"], "What is GenAI Stack?")
        assert (run["status"], bool(run["sources"])) == ("succeeded", True)


async def test_no_process_starts_chroma(cluster: Cluster) -> None:
    import psutil

    async with cluster.apis[0].client() as client:
        workflow = await talk.saved(client, graphs.echo())
        assert (await talk.asked(client, workflow))["status"] == "succeeded"
    children = [child.cmdline() for one in cluster.processes for child in psutil.Process(one.pid).children(True)]
    assert not any("chroma" in word for command in children for word in command)


async def test_a_worker_says_how_it_stands(cluster: Cluster) -> None:
    worker = cluster.workers[0]
    async with worker.client() as client:
        assert (await client.get("/healthz")).json() == {"status": "ok"}
        ready = (await client.get("/readyz")).json()
        assert ready["ready"]
        assert {part["name"] for part in ready["parts"]} == {"process", "database", "index", "pubsub"}
        assert (await client.get("/api/v1/workflows")).status_code == 404
    assert await asyncio.to_thread(worker.terminate) == 0


async def test_processes_of_two_versions_work_side_by_side_on_the_newer_schema(
    cluster: Cluster, tmp_path: Path
) -> None:
    async with cluster.apis[0].client() as client:
        workflow = await talk.saved(client, graphs.echo())
        with psycopg.connect(as_owner(str(cluster.apis[0].settings["database_url"])), autocommit=True) as newer:
            newer.execute("ALTER TABLE runs ADD COLUMN of_the_next_version text NOT NULL DEFAULT 'x'")
            newer.execute("ALTER TABLE events ADD COLUMN of_the_next_version text")
            newer.execute("CREATE TABLE things_of_the_next_version (id int)")
            newer.execute("UPDATE alembic_version SET version_num = '9999'")
        assert (await talk.asked(client, workflow, "Still there?"))["answer"] == "Still there?"
        assert (await client.get("/readyz")).json()["ready"]
    code, said = Server(tmp_path, **cluster.apis[0].settings).refused()
    assert (code, "a newer version made it" in said) == (2, True)
