"""A knowledge base moves from Chroma to PostgreSQL and back by a restart: the index is made again from SQL."""

import random
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx2
import psutil
import psycopg
import pytest

from tests.fakes.library import until
from tests.fakes.openai_server import OpenAIServer
from tests.support.files import taken_in
from tests.support.postgres import Postgres
from tests.support.server import Server

API = "/api/v1/knowledge-bases"
CHANCE = random.Random(4)
WORDS = ["".join(CHANCE.choices("abdegiklmnoprstu", k=6)) for _ in range(900)]


DOCUMENTS = [CHANCE.choices(WORDS, k=1_000) for _ in range(6)]
# Each is most of one passage, which no other comes near to.
QUESTIONS = [" ".join(words[at : at + 16]) for words in DOCUMENTS for at in (0, 400)]


class Stand:
    """One database, one data directory, and a server that is started with another index each time."""

    def __init__(self, folder: Path, database_url: str) -> None:
        self.folder, self.database_url = folder, database_url
        self.server: Server | None = None
        self.base_id = ""

    def serve(self, vectors: str) -> Server:
        self.stop()
        self.server = Server(self.folder, database_url=self.database_url, vectors=vectors, example=False)
        return self.server.start()

    def stop(self) -> None:
        if self.server is not None:
            self.server.stop()

    def children(self) -> str:
        assert self.server is not None
        commands = [child.cmdline() for child in psutil.Process(self.server.pid).children()]
        return " ".join(word for command in commands for word in command)

    def sql(self, statement: str) -> Any:
        with psycopg.connect(self.database_url) as connection:
            row = connection.execute(statement).fetchone()  # type: ignore[call-overload]
            return row and row[0]

    def revision(self) -> int:
        return self.sql(f"SELECT revision FROM knowledge_bases WHERE id = '{self.base_id}'")

    async def in_chroma(self) -> bool:
        """Whether Chroma says that it holds this revision."""
        file = self.folder / "data" / "chroma" / "chroma.sqlite3"
        if not file.exists():
            return False
        with sqlite3.connect(f"file:{file}?mode=ro", uri=True) as connection:
            query = (
                "SELECT int_value FROM collections JOIN collection_metadata ON collection_id = id"
                " WHERE name = ? AND key = 'revision'"
            )
            return connection.execute(query, [self.base_id]).fetchone() == (self.revision(),)

    async def in_postgresql(self) -> bool:
        if not self.sql("SELECT to_regclass('vectors.collections') IS NOT NULL"):
            return False
        return self.sql(f"SELECT revision FROM vectors.collections WHERE id = '{self.base_id}'") == self.revision()

    def looked_at(self) -> int:
        """How often the table of vectors was read, as far as PostgreSQL has counted."""
        table = f"base_{UUID(self.base_id).hex}"
        return self.sql(f"SELECT seq_scan + coalesce(idx_scan, 0) FROM pg_stat_user_tables WHERE relname = '{table}'")


@pytest.fixture
def stand(vector_postgres: Postgres, tmp_path: Path) -> Iterator[Stand]:
    made = Stand(tmp_path, vector_postgres.migrated())
    yield made
    made.stop()


async def answers(client: httpx2.AsyncClient, base_id: str) -> list[tuple[str, float] | None]:
    """The passage that each question is from; None where its document is not there."""
    found: list[tuple[str, float] | None] = []
    for query in QUESTIONS:
        answer = await client.post(f"{API}/{base_id}/search", json={"query": query, "top_k": 1})
        assert answer.status_code == 200, answer.text
        [item] = answer.json()["items"]
        found.append((item["text"], round(item["score"], 3)) if item["score"] > 0.6 else None)
    return found


async def test_a_knowledge_base_moves_from_chroma_to_postgresql_and_back(stand: Stand, model: OpenAIServer) -> None:
    embedder = {"provider": "openai_compatible", "model": "fake", "base_url": f"{model.url}/v1"}
    server = stand.serve("chroma")
    async with server.client() as client:
        made = await client.post(
            API, json={"name": "Papers", "embedder": embedder, "chunk_size": 20, "chunk_overlap": 0}
        )
        stand.base_id = made.json()["id"]
        files = [(f"{number}.txt", " ".join(words).encode()) for number, words in enumerate(DOCUMENTS)]
        later = files.pop()
        taken = await taken_in(client, f"{API}/{stand.base_id}/documents", *files)
        assert sum(one["chunks"] for one in taken) > 200
        await answers(client, stand.base_id)
        await until(stand.in_chroma, 30)
        in_chroma = await answers(client, stand.base_id)
        assert [passage is None for passage in in_chroma] == [False] * 10 + [True] * 2
        assert "chroma_server" in stand.children()

    server = stand.serve("pgvector")
    async with server.client() as client:
        assert await answers(client, stand.base_id) == in_chroma  # from SQL, at first
        await until(stand.in_postgresql, 30)
        assert await answers(client, stand.base_id) == in_chroma
        assert "chroma_server" not in stand.children()
        before = stand.looked_at()

        async def it_is_read() -> bool:
            await answers(client, stand.base_id)
            return stand.looked_at() >= before + 20

        await until(it_is_read, 30)
        path = f"{API}/{stand.base_id}/documents"
        await taken_in(client, path, later)
        assert (await client.delete(f"/api/v1/documents/{taken[0]['id']}")).status_code == 204
        await until(stand.in_postgresql, 30)
        in_postgresql = await answers(client, stand.base_id)
        assert [passage is None for passage in in_postgresql] == [True] * 2 + [False] * 10

    server = stand.serve("chroma")
    async with server.client() as client:
        assert await answers(client, stand.base_id) == in_postgresql
        await until(stand.in_chroma, 30)
        assert await answers(client, stand.base_id) == in_postgresql
    assert "index.doubted" not in server.log()
    assert "index.failed" not in server.log()


def test_vectors_in_postgresql_need_postgresql(tmp_path: Path) -> None:
    code, said = Server(tmp_path, vectors="pgvector").refused()
    assert code != 0
    assert "the database is SQLite" in said
    assert "Traceback" not in said


def test_many_processes_start_no_chroma_each(vector_postgres: Postgres, tmp_path: Path) -> None:
    settings = {"database_url": vector_postgres.migrated(), "dispatch": "distributed", "secret_key": "x" * 43 + "="}
    code, said = Server(tmp_path, vectors="chroma", **settings).refused()
    assert code != 0
    assert "GENAI_STACK_CHROMA_URL" in said
    assert "Traceback" not in said
