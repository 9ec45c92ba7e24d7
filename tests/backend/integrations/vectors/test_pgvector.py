"""pgvector: large collections, wide vectors, several processes, and a database that is not prepared for it."""

import asyncio
import shutil
import struct
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from uuid import UUID, uuid4

import numpy as np
import pytest
from sqlalchemy import text

from genai_stack.errors import Busy, Invalid
from genai_stack.infra.database.database import Database
from genai_stack.integrations.vectors.pgvector import PgvectorIndex
from genai_stack.integrations.vectors.vector_store import Held
from tests.support.postgres import Postgres, binaries, copied

NAME = str(UUID(int=77))
DOCUMENTS = [str(UUID(int=number)) for number in range(1, 11)]


def passages(count: int, start: int = 1000) -> list[str]:
    return [str(UUID(int=start + number)) for number in range(count)]


def vectors(count: int, dimensions: int, seed: int = 1) -> list[bytes]:
    rows = np.random.default_rng(seed).normal(size=(count, dimensions))
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return [row.astype("<f4").tobytes() for row in rows]


@pytest.fixture
async def database(vector_postgres: Postgres) -> AsyncIterator[Database]:
    opened = Database(vector_postgres.database())
    yield opened
    await opened.close()


async def run(database: Database, *statements: str) -> None:
    await database.run_write(lambda part: [part.execute(text(statement)) for statement in statements])


async def filled(
    index: PgvectorIndex, given: Sequence[bytes], documents: Sequence[str] = DOCUMENTS, revision: int = 1
) -> None:
    """By turns of the documents, and marked."""
    await index.take(NAME, await index.held(NAME))
    of = [documents[number % len(documents)] for number in range(len(given))]
    await index.add(NAME, passages(len(given)), given, of)
    await index.mark(NAME, revision)


async def walks(database: Database, index: PgvectorIndex, question: bytes) -> bool:
    """Whether HNSW is used for it, as PostgreSQL counts."""
    counted = text("SELECT sum(idx_scan) FROM pg_stat_user_indexes WHERE indexrelname LIKE '%_hnsw'")
    before = await database.run_read(lambda part: part.scalar(counted))
    if before is None:
        return False
    for _ in range(100):
        await index.search(NAME, question, 3)
        if await database.run_read(lambda part: part.scalar(counted)) > before:
            return True
        await asyncio.sleep(0.05)  # it counts now and then
    return False


@pytest.mark.parametrize("dimensions", [64, 2_200], ids=["vector", "halfvec"])
async def test_a_large_collection_is_walked_by_hnsw_and_gives_what_looking_at_all_gives(
    database: Database, dimensions: int
) -> None:
    index = PgvectorIndex(database, quick=0)
    given = vectors(600, dimensions)
    await filled(index, given[:300])
    assert await walks(database, index, given[0])
    await filled(index, given)  # and grows with what comes later
    question = vectors(1, dimensions, seed=2)[0]
    hits = await index.search(NAME, question, 10)
    asked = np.frombuffer(question, "<f4")
    cosines = {
        one: float(np.frombuffer(vector, "<f4") @ asked) for one, vector in zip(passages(600), given, strict=True)
    }
    best = sorted(cosines, key=lambda one: -cosines[one])[:10]
    assert len({hit.id for hit in hits} & set(best)) >= 9
    assert [hit.score for hit in hits] == pytest.approx([cosines[hit.id] for hit in hits], abs=1e-4)
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


async def test_a_small_collection_and_one_of_very_wide_vectors_are_looked_at_whole(database: Database) -> None:
    index = PgvectorIndex(database)
    given = vectors(50, 64)
    await filled(index, given)
    assert not await walks(database, index, given[0])
    await index.drop(NAME)
    wide = vectors(5, 4_500)
    index = PgvectorIndex(database, quick=0)
    await filled(index, wide)
    assert (await index.search(NAME, wide[3], 1))[0].id == passages(5)[3]


@pytest.mark.parametrize("chosen", [10, 1000], ids=["by hnsw", "one by one"])
async def test_a_search_in_few_of_many_documents_finds_as_many_as_there_are(database: Database, chosen: int) -> None:
    index = PgvectorIndex(database, quick=0, chosen=chosen)
    question = vectors(1, 8, seed=3)[0]
    opposite = struct.pack("<8f", *(-number for number in struct.unpack("<8f", question)))
    await index.take(NAME, None)
    await index.add(NAME, passages(2_000), vectors(2_000, 8), [DOCUMENTS[0]] * 2_000)
    await index.add(NAME, passages(30, 9_000), [opposite] * 30, [DOCUMENTS[1]] * 30)
    await index.mark(NAME, 1)
    assert len(await index.search(NAME, question, 30, [DOCUMENTS[1]])) == 30
    assert len(await index.search(NAME, question, 50, DOCUMENTS)) == 50
    # What was dropped is still in HNSW until PostgreSQL cleans up.
    await index.take(NAME, await index.held(NAME))
    await index.drop(NAME, [DOCUMENTS[0]])
    assert len(await index.search(NAME, question, 30)) == 30


async def test_vectors_of_another_width_are_refused(database: Database) -> None:
    index = PgvectorIndex(database)
    await index.take(NAME, None)
    await index.add(NAME, passages(2), vectors(2, 8), DOCUMENTS[:2])
    with pytest.raises(Invalid, match="of 8 numbers"):
        await index.add(NAME, passages(2), vectors(2, 16), DOCUMENTS[:2])
    assert await index.held(NAME) == Held(None, 2)


async def test_who_was_taken_over_from_changes_nothing_any_more(database: Database) -> None:
    slow, quick = PgvectorIndex(database), PgvectorIndex(database)
    given = vectors(10, 8)
    await filled(slow, given)
    await slow.take(NAME, await slow.held(NAME))
    await quick.take(NAME, await quick.held(NAME))
    await quick.add(NAME, passages(10, 5_000), given, DOCUMENTS)
    for change in (
        slow.add(NAME, passages(1), given[:1], DOCUMENTS[:1]),
        slow.drop(NAME, DOCUMENTS),
        slow.mark(NAME, 9),
    ):
        with pytest.raises(Busy, match="Another process"):
            await change
    await quick.mark(NAME, 2)
    assert await slow.held(NAME) == Held(2, 20)
    with pytest.raises(Busy, match="Another process"):
        await slow.mark(NAME, 9)


async def test_of_many_that_take_a_collection_at_once_one_does(database: Database) -> None:
    stores = [PgvectorIndex(database) for _ in range(8)]
    for _ in range(3):  # first it is not there yet
        seen = await stores[0].held(NAME)
        results = await asyncio.gather(*(store.take(NAME, seen) for store in stores), return_exceptions=True)
        assert [result for result in results if not isinstance(result, Busy)] == [None]
        winner = stores[results.index(None)]
        await winner.add(NAME, passages(1), vectors(1, 8), DOCUMENTS[:1])
        await winner.mark(NAME, 1)


async def test_a_search_gives_nothing_once_another_changes_what_was_seen(database: Database) -> None:
    one, other = PgvectorIndex(database), PgvectorIndex(database)
    given = vectors(10, 8)
    await filled(one, given)
    seen = await one.held(NAME)
    assert len(await one.search(NAME, given[0], 10, seen=seen)) == 10
    await other.take(NAME, await other.held(NAME))
    assert await one.search(NAME, given[0], 10, seen=seen) == []
    assert await one.search(NAME, given[0], 10, DOCUMENTS, seen=seen) == []


async def test_many_processes_may_prepare_a_database_at_once(vector_postgres: Postgres) -> None:
    url = vector_postgres.database()
    databases = [Database(url) for _ in range(6)]
    stores = [PgvectorIndex(database) for database in databases]
    assert await asyncio.gather(*(store.held(NAME) for store in stores)) == [None] * 6
    assert all(store.ready and store.degraded_reason is None for store in stores)
    for database in databases:
        await database.close()


async def test_a_user_who_may_not_prepare_the_database_is_told_what_an_administrator_does(
    vector_postgres: Postgres, database: Database
) -> None:
    role = f"r{uuid4().hex[:12]}"
    await run(database, f"CREATE ROLE {role} LOGIN")
    theirs = Database(database.url.set(username=role).render_as_string(hide_password=False))
    index = PgvectorIndex(theirs)
    with pytest.raises(Busy, match="is starting"):
        await index.search(NAME, vectors(1, 8)[0], 1)
    with pytest.raises(Busy, match="CREATE EXTENSION vector"):
        await index.held(NAME)
    assert not index.ready
    assert index.degraded_reason
    await run(database, "CREATE EXTENSION vector", f"CREATE SCHEMA vectors AUTHORIZATION {role}")
    await filled(index, vectors(3, 8))
    assert index.ready
    assert index.degraded_reason is None
    await index.close()
    await theirs.close()


async def test_types_may_be_in_another_schema(database: Database) -> None:
    await run(database, 'CREATE SCHEMA "Extensions"', 'CREATE EXTENSION vector SCHEMA "Extensions"')
    index = PgvectorIndex(database, quick=0)
    for dimensions in (8, 2_200):
        given = vectors(20, dimensions)
        await filled(index, given)
        assert (await index.search(NAME, given[4], 1))[0].id == passages(20)[4]
        assert (await index.search(NAME, given[4], 1, DOCUMENTS))[0].id == passages(20)[4]
        await index.drop(NAME)


async def test_a_server_without_pgvector_is_told(vector_postgres: Postgres, tmp_path: Path) -> None:
    assert vector_postgres.has_pgvector
    bare = copied(binaries(), tmp_path)
    for control in bare.parent.rglob("vector.control"):
        control.unlink()
    without = Postgres(bare)
    shutil.rmtree(tmp_path / bare.parent.parent.name)
    try:
        without.start()
        database = Database(without.database())
        index = PgvectorIndex(database)
        index.start()
        with pytest.raises(Busy, match="does not have pgvector"):
            await index.held(NAME)
        assert index.degraded_reason
        assert "GENAI_STACK_VECTORS=chroma" in index.degraded_reason
        await index.close()
        await database.close()
    finally:
        without.stop()


@pytest.mark.parametrize(
    "harm",
    [
        "DROP SCHEMA vectors CASCADE",
        "DROP TABLE vectors.collections",
        f"DROP TABLE vectors.base_{UUID(NAME).hex}",
        "DROP EXTENSION vector CASCADE",
        "DELETE FROM vectors.collections",
    ],
)
async def test_what_was_taken_away_by_hand_is_made_anew(database: Database, harm: str) -> None:
    index = PgvectorIndex(database, quick=0)
    given = vectors(20, 8)
    await filled(index, given)
    seen = await index.held(NAME)
    await run(database, harm)
    assert await index.search(NAME, given[0], 5, seen=seen) == []
    for attempt in range(3):
        try:
            await index.drop(NAME)
            await filled(index, given, revision=2)
            break
        except Busy:
            assert attempt < 2
    assert await index.held(NAME) == Held(2, 20)
    assert (await index.search(NAME, given[0], 5))[0].id == passages(20)[0]
