"""A backup that was made under load, brought to an empty machine, answers the same: as docs/operating.md says."""

import asyncio
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import NamedTuple, Protocol

import httpx2
import pytest
from cryptography.fernet import Fernet

from tests.documents import pdfs
from tests.fakes.openai_server import OpenAIServer
from tests.support import talk
from tests.support.cluster import Cluster
from tests.support.graphs import asked, edge, graph, node
from tests.support.postgres import Postgres, as_app
from tests.support.server import Server
from tests.support.talk import V1, Json

SECRET = "sk-abcdefghijklmnop"
PASSAGES = 260  # more than are searched without the index
QUESTION = "Who is walrus 97?"


class Machine(Protocol):
    """Where everything runs."""

    def start(self) -> None: ...

    def client(self) -> httpx2.AsyncClient: ...

    def back_up(self) -> Path: ...

    def lost(self) -> None:
        """All processes are killed."""
        ...

    def restored(self, backup: Path, folder: Path) -> "Machine":
        """Another one, empty but for the backup, and migrated."""
        ...


class AtHome:
    """One process over SQLite; the index in a Chroma of its own."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self._server = Server(folder, example=False, vectors="chroma")

    def start(self) -> None:
        self._server.start()

    def client(self) -> httpx2.AsyncClient:
        return self._server.client()

    def back_up(self) -> Path:
        backup = self._server.data.parent / "backup"
        backup.mkdir()
        connection = sqlite3.connect(self._server.data / "genai-stack.db")
        connection.execute("VACUUM INTO ?", [str(backup / "genai-stack.db")])
        connection.close()
        shutil.copy2(self._server.data / "secret.key", backup)
        return backup

    def lost(self) -> None:
        self._server.stop()

    def restored(self, backup: Path, folder: Path) -> "AtHome":
        other = AtHome(folder)
        shutil.copytree(backup, other._server.data)
        migrate(other._server)
        return other


class InProduction:
    """An API process and a worker over PostgreSQL, which has the index, too."""

    def __init__(self, folder: Path, postgres: Postgres, url: str, key: str) -> None:
        self._postgres, self._url, self._key = postgres, url, key
        self._cluster = Cluster(folder, url, apis=1, workers=1, secret_key=key)

    def start(self) -> None:
        self._cluster.start()

    def client(self) -> httpx2.AsyncClient:
        return self._cluster.apis[0].client()

    def back_up(self) -> Path:
        return self._postgres.dump(self._url, "--exclude-schema=vectors")

    def lost(self) -> None:
        self._cluster.stop()

    def restored(self, backup: Path, folder: Path) -> "InProduction":
        url = self._postgres.restored(backup)
        other = InProduction(folder, self._postgres, as_app(url), self._key)
        migrate(other._cluster.apis[0], owner_database_url=url)
        return other


def migrate(server: Server, **more: str) -> None:
    settings = {f"GENAI_STACK_{name.upper()}": str(value) for name, value in (server.settings | more).items()}
    command = [
        sys.executable,
        "-c",
        "from genai_stack.cli.main import main; main()",
        "migrate",
        f"--data={server.data}",
    ]
    done = subprocess.run(command, env=os.environ | settings, capture_output=True, text=True, timeout=90, check=False)
    assert done.returncode == 0, done.stderr


@pytest.fixture(params=["sqlite", "postgresql"])
def machine(request: pytest.FixtureRequest, tmp_path: Path) -> Machine:
    if request.param == "sqlite":
        return AtHome(tmp_path / "first")
    postgres: Postgres = request.getfixturevalue("vector_postgres")
    return InProduction(tmp_path / "first", postgres, postgres.migrated(), Fernet.generate_key().decode())


class Told(NamedTuple):
    """What a machine answers that the restored one must answer, too."""

    found: list[tuple[str, int | None, str]]
    messages: list[Json]
    documents: list[Json]
    credentials: list[Json]
    events: list[Json]
    page: str
    picture: bytes


class Stack(NamedTuple):
    base_id: str
    workflow_id: str
    chat_id: str
    run_id: str
    pdf_id: str


async def test_a_restored_copy_on_an_empty_machine_answers_the_same(machine: Machine, tmp_path: Path) -> None:
    async with OpenAIServer(tokens=100, gap_ms=50) as slow, OpenAIServer() as model:
        other = None
        try:
            machine.start()
            async with machine.client() as client:
                stack = await built(client, model)
                before = await told(client, stack)
                async with going_on(client, stack.workflow_id) as answered:
                    await talk.until(lambda: len(answered) >= 2)
                    long = await talk.begun(client, await talk.saved(client, asked(slow.base_url)))
                    await talk.until(lambda: slow.open == 1)
                    backup = await asyncio.to_thread(machine.back_up)
                    so_far = len(answered)
                    await talk.until(lambda: len(answered) > so_far)
            machine.lost()

            other = machine.restored(backup, tmp_path / "second")
            other.start()
            async with other.client() as client:
                after = await told(client, stack)
                assert after == before
                assert (await talk.ended(client, long))["status"] == "succeeded"
                await check_runs(client, stack.workflow_id, at_least=answered[:1])
                model.last_headers = {}
                run = await talk.asked(client, stack.workflow_id, fact(97), session_id=stack.chat_id)
                assert (run["status"], model.key()) == ("succeeded", SECRET)
                assert "walrus 97" in json.dumps(run["sources"])
        finally:
            machine.lost()
            if other is not None:
                other.lost()


async def built(client: httpx2.AsyncClient, model: OpenAIServer) -> Stack:
    """Documents, a stored key that embeds and answers, and a conversation."""
    body = {"provider": "openai_compatible", "name": "mine", "secret": SECRET, "base_url": model.base_url}
    asking = {"credential_id": (await client.post(f"{V1}/credentials", json=body)).json()["id"]}
    embedder = {"provider": "openai_compatible", "model": "fake", "base_url": model.base_url, **asking}
    base = {"name": "Facts", "embedder": embedder, "chunk_size": 20, "chunk_overlap": 0}
    made = await client.post(f"{V1}/knowledge-bases", json=base)
    assert made.status_code == 201, made.text
    base_id = made.json()["id"]
    facts = "\n\n".join(map(fact, range(PASSAGES)))
    files = [("file", ("facts.txt", facts.encode())), ("file", ("two.pdf", pdfs.with_pages(["Otters.", "Badgers."])))]
    sent = await client.post(f"{V1}/knowledge-bases/{base_id}/documents", files=files)
    assert sent.status_code == 202, sent.text

    async def taken_in() -> bool:
        listed = (await client.get(f"{V1}/knowledge-bases/{base_id}/documents")).json()["items"]
        assert not any(document["error"] for document in listed), listed
        return all(document["status"] == "ready" for document in listed)

    await talk.until(taken_in, 60)
    workflow_id = await talk.saved(client, of_documents(base_id, base_url=model.base_url, **asking))
    chat_id = await talk.session_of(client, workflow_id)
    for query in (QUESTION, "THINK"):
        run = await talk.asked(client, workflow_id, query, session_id=chat_id)
        assert run["status"] == "succeeded", run
    pdf_id = sent.json()["items"][1]["id"]
    return Stack(base_id, workflow_id, chat_id, run["id"], pdf_id)


def fact(number: int) -> str:
    """A passage that is the nearer to another, the nearer their numbers are: an index of vectors lives by that."""
    families = [f"walrus{depth}of{number >> depth} " * 2 for depth in range(1, 9)]
    return "".join([f"walrus {number} ", *families])


def of_documents(base_id: str, **model: str) -> Json:
    return graph(
        [
            node("q", "query"),
            node("kb", "knowledge_base", knowledge_base_id=base_id),
            node("llm", "llm", provider="openai_compatible", model="fake", **model),
            node("o", "output"),
        ],
        [
            edge("q", "text", "kb", "query"),
            edge("kb", "context", "llm", "context"),
            edge("q", "text", "llm", "prompt"),
            edge("llm", "answer", "o", "answer"),
        ],
    )


async def told(client: httpx2.AsyncClient, stack: Stack) -> Told:
    """With the index in step: it is asked until it answers."""
    wanted = {"query": fact(97), "top_k": 2}

    async def search() -> list[tuple[str, int | None, str]]:
        found = await client.post(f"{V1}/knowledge-bases/{stack.base_id}/search", json=wanted)
        assert found.status_code == 200, found.text
        return [(one["document_id"], one["page"], one["text"]) for one in found.json()["items"]]

    from_sql = await search()

    async def by_index() -> bool:
        await search()
        return await counted(client, "index") > 0

    await talk.until(by_index, 60)
    before = await counted(client, "index")
    found = await search()
    assert await counted(client, "index") == before + 1
    assert (len(found), found) == (2, from_sql)
    parts = {part["name"]: part for part in (await client.get("/readyz")).json()["parts"]}
    assert (parts["index"]["ok"], parts["index"]["message"]) == (True, "Up to date, or not needed yet.")
    page = f"{V1}/documents/{stack.pdf_id}/pages/2"
    return Told(
        found,
        (await client.get(f"{V1}/sessions/{stack.chat_id}/messages")).json()["items"],
        (await client.get(f"{V1}/knowledge-bases/{stack.base_id}/documents")).json()["items"],
        (await client.get(f"{V1}/credentials")).json()["items"],
        await talk.events_of(client, stack.run_id),
        (await client.get(page)).json()["text"],
        (await client.get(page, headers={"accept": "image/png"})).content,
    )


async def counted(client: httpx2.AsyncClient, source: str) -> int:
    """How many searches were answered from there."""
    name = f'genai_stack_retrieval_duration_seconds_count{{source="{source}"}} '
    lines = (await client.get("/metrics")).text.splitlines()
    return next((int(float(line.removeprefix(name))) for line in lines if line.startswith(name)), 0)


@asynccontextmanager
async def going_on(client: httpx2.AsyncClient, workflow_id: str) -> AsyncGenerator[list[str]]:
    """Somebody asks all the time; the runs that were answered."""
    answered: list[str] = []

    async def ask() -> None:
        while True:
            answered.append((await talk.asked(client, workflow_id, f"Question {len(answered)}"))["id"])

    asking = asyncio.create_task(ask())
    try:
        yield answered
    finally:
        asking.cancel()
        with suppress(asyncio.CancelledError):
            await asking


async def check_runs(client: httpx2.AsyncClient, workflow_id: str, at_least: list[str]) -> None:
    """Every run that the backup knows is there whole: it ended, or goes on to its end."""
    listed = (await client.get(f"{V1}/workflows/{workflow_id}/runs", params={"limit": 500})).json()["items"]
    assert {run["id"] for run in listed} >= set(at_least)
    for run in listed:
        assert (await talk.ended(client, run["id"]))["status"] == "succeeded"
        events = await talk.events_of(client, run["id"])
        assert talk.in_order(events)
        assert (events[0]["seq"], events[-1]["type"]) == (1, "run.finished")
