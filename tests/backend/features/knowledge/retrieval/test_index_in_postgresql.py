"""The index in PostgreSQL, shared by processes: right at every moment, whoever changes it, dies or damages it."""

import asyncio
import os
import random
import sys
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import text

from genai_stack.errors import DatabaseUnavailable
from genai_stack.features.knowledge.retrieval.index import Index
from genai_stack.features.knowledge.retrieval.index_snapshot import IndexSnapshot, read_snapshot
from genai_stack.infra.database.database import Database, Transaction
from genai_stack.infra.database.exclusive import exclusive
from genai_stack.infra.database.scope import THE_WORKSPACE
from genai_stack.integrations.vectors.pgvector import PgvectorIndex
from genai_stack.integrations.vectors.vector_store import Held
from tests.fakes import shelf
from tests.fakes.embedder import vector
from tests.fakes.library import settled, until
from tests.support.postgres import Postgres, as_owner, migrate

ROUNDS = int(os.environ.get("GENAI_STACK_FAULT_ROUNDS", "3"))
SEED = int(os.environ.get("GENAI_STACK_FAULT_SEED", "0")) or random.randrange(1, 1_000_000)
CUT = text("SELECT count(pg_terminate_backend(pid)) FROM pg_locks WHERE locktype = 'advisory' AND granted")
NEEDLE = "the needle that everybody looks for"


class Process:
    """What one process has: its connections, its store, its index; `options` are the store's."""

    def __init__(self, url: str, **options: int) -> None:
        self.database = Database(url)
        self.store = PgvectorIndex(self.database, **options)
        self.index = Index(self.database, self.store)

    async def extent(self, base_id: str) -> IndexSnapshot | None:
        async with self.database.read() as session:
            return await read_snapshot(session, THE_WORKSPACE, base_id)

    async def refresh(self, base_id: str) -> None:
        await self.index.refresh(THE_WORKSPACE, base_id)

    async def is_right(self, base_id: str) -> bool:
        """Whether it is in step and holds exactly what SQL has; asks for it where it is not."""
        extent = await self.extent(base_id)
        assert extent is not None
        if not self.index.in_sync(extent):
            self.index.refresh(THE_WORKSPACE, base_id)
            return False
        assert await self.store.held(base_id) == extent.held
        assert await self.store.documents(base_id) == extent.documents
        return True

    async def found(self, base_id: str, question: str = NEEDLE, limit: int = 5) -> list[str] | None:
        extent = await self.extent(base_id)
        assert extent is not None
        hits = await self.index.search(extent, vector(question), limit, None)
        return None if hits is None else [hit.id for hit in hits]

    async def close(self) -> None:
        await self.index.close()
        await self.store.close()
        await self.database.close()


@pytest.fixture
def url(vector_postgres: Postgres) -> str:
    return vector_postgres.migrated()


@pytest.fixture
async def processes(url: str) -> AsyncIterator[list[Process]]:
    async with running(url) as made:
        yield made


@pytest.fixture
async def walkers(url: str) -> AsyncIterator[list[Process]]:
    """Processes that build HNSW for each collection."""
    async with running(url, quick=0) as made:
        yield made


@asynccontextmanager
async def running(url: str, **options: int) -> AsyncGenerator[list[Process]]:
    made = [Process(url, **options) for _ in range(3)]
    await settled(made[0].database)
    yield made
    for process in made:
        await process.close()


def texts(count: int, word: str = "word") -> list[str]:
    return [f"{word}{number} and {word}{number + 1}" for number in range(count)]


async def check_marks(database: Database) -> int:
    """A collection that is marked as in step holds all that SQL has. How many were seen so."""

    def look(part: Transaction) -> int:
        if not part.scalar(text("SELECT to_regclass('vectors.collections') IS NOT NULL")):
            return 0
        seen = 0
        # Held against changes while they are looked at.
        marked = text("SELECT id, revision FROM vectors.collections WHERE revision IS NOT NULL ORDER BY id FOR SHARE")
        for base_id, revision in part.execute(marked).all():
            in_sql = part.execute(
                text(
                    "SELECT document_id, count(*) FROM knowledge_bases AS base JOIN documents AS document"
                    " ON document.knowledge_base_id = base.id AND status = 'ready' JOIN passages"
                    " ON document_id = document.id WHERE base.id = :id AND revision = :revision GROUP BY document_id"
                ),
                {"id": base_id, "revision": revision},
            )
            wanted = {row[0]: row[1] for row in in_sql}
            if wanted:
                held = f"SELECT document_id, count(*) FROM vectors.base_{UUID(str(base_id)).hex} GROUP BY document_id"
                assert {row[0]: row[1] for row in part.execute(text(held))} == wanted
                seen += 1
        return seen

    return await database.run_write(look)


async def test_what_one_process_brought_into_step_another_finds_and_does_not_make_again(
    processes: list[Process],
) -> None:
    worker, api, _ = processes
    base_id = await shelf.make_base(worker.database)
    await shelf.put(worker.database, base_id, [NEEDLE, *texts(300)])
    await worker.refresh(base_id)
    await until(partial(api.is_right, base_id))
    before = (await worker.store.held(base_id) or Held(None, 0)).identity
    assert await api.found(base_id) == await worker.found(base_id)
    await shelf.put(worker.database, base_id, texts(20, "later"))
    assert await api.found(base_id, "later7") is None  # until it is indexed, SQL answers
    await worker.refresh(base_id)
    found = await api.found(base_id, "later7")  # the first question sees it
    assert found == await worker.found(base_id, "later7")
    held = await api.store.held(base_id)
    assert held is not None
    assert held.identity != before  # one change: the worker's
    await api.refresh(base_id)
    assert (await api.store.held(base_id) or Held(None, 0)).identity == held.identity


async def test_a_second_process_adds_only_what_is_new(processes: list[Process]) -> None:
    one, other, _ = processes
    base_id = await shelf.make_base(one.database)
    await shelf.put(one.database, base_id, texts(50))
    await one.refresh(base_id)
    await shelf.put(one.database, base_id, texts(7, "later"))
    added: list[str] = []
    add = other.store.add

    async def watched(collection: str, ids: list[str], vectors: list[bytes], documents: list[str]) -> None:
        added.extend(ids)
        await add(collection, ids, vectors, documents)

    other.store.add = watched  # type: ignore[method-assign, assignment]
    await other.refresh(base_id)
    assert await other.is_right(base_id)
    assert len(added) == 7


async def test_a_base_that_one_process_deletes_is_made_again_by_none(processes: list[Process]) -> None:
    base_id = await shelf.make_base(processes[0].database)
    for _ in range(4):
        await shelf.put(processes[0].database, base_id, texts(200))
    at_it = [asyncio.ensure_future(process.refresh(base_id)) for process in processes]
    await until(lambda: is_made(processes[0], base_id))
    await shelf.soft_delete(processes[1].database, base_id)
    await processes[1].refresh(base_id)
    await asyncio.gather(*at_it)
    assert await processes[0].store.held(base_id) is None
    tables = text("SELECT count(*) FROM pg_tables WHERE schemaname = 'vectors' AND tablename <> 'collections'")
    assert await processes[0].database.run_read(lambda part: part.scalar(tables)) == 0


async def is_made(process: Process, base_id: str) -> bool:
    return await process.store.held(base_id) is not None


@pytest.mark.parametrize(
    "harm",
    [
        "DROP TABLE vectors.{table}",
        "TRUNCATE vectors.{table}",
        "DELETE FROM vectors.{table} WHERE id IN (SELECT id FROM vectors.{table} LIMIT 100)",
        "UPDATE vectors.{table} SET document_id = gen_random_uuid()",
        "UPDATE vectors.{table} SET embedding = embedding * array_fill(-1, ARRAY[256])::vector",
        "DELETE FROM vectors.collections",
    ],
)
async def test_what_was_damaged_by_hand_is_made_again_from_sql(processes: list[Process], harm: str) -> None:
    before, after, _ = processes
    base_id = await shelf.make_base(before.database)
    for _ in range(3):
        await shelf.put(before.database, base_id, [NEEDLE, *texts(100)])
    await before.refresh(base_id)
    exact = await before.found(base_id, limit=3)
    await before.database.run_write(lambda part: part.execute(text(harm.format(table=f"base_{UUID(base_id).hex}"))))
    await until(partial(after.is_right, base_id))
    assert set(await after.found(base_id, limit=3) or ()) == set(exact or ())
    await until(partial(before.is_right, base_id))


@pytest.mark.parametrize("harm", ["DROP SCHEMA vectors CASCADE", "DROP EXTENSION vector CASCADE"])
async def test_what_the_owner_removed_is_made_again_after_migrating(
    processes: list[Process], url: str, harm: str
) -> None:
    before, after, _ = processes
    base_id = await shelf.make_base(before.database)
    await shelf.put(before.database, base_id, [NEEDLE, *texts(100)])
    await before.refresh(base_id)
    exact = await before.found(base_id, limit=3)
    with psycopg.connect(as_owner(url)) as owner:
        owner.execute(harm)  # type: ignore[call-overload]
    migrate(as_owner(url), url)
    await until(partial(after.is_right, base_id))
    assert set(await after.found(base_id, limit=3) or ()) == set(exact or ())


async def test_one_process_at_a_time_has_the_lock_and_none_that_was_cut_off(processes: list[Process]) -> None:
    here, there, other = (process.database for process in processes)
    async with exclusive(here, "a") as hold:
        assert hold is not None
        await hold.check()
        async with exclusive(there, "a") as second, exclusive(there, "b") as another:
            assert second is None
            assert another is not None
    async with exclusive(there, "a") as hold:
        assert hold is not None
    with pytest.raises(DatabaseUnavailable):
        async with exclusive(here, "a") as hold:
            assert hold is not None
            await other.run_read(lambda part: part.scalar(CUT))
            async with exclusive(there, "a") as heir:
                assert heir is not None
                await hold.check()


async def test_a_process_that_lost_its_lock_spoils_nothing(walkers: list[Process]) -> None:
    """The connection that holds the lock is cut while the process lives on, and another takes over."""
    print(f"seed {SEED}")
    chance = random.Random(SEED)
    base_id = await shelf.make_base(walkers[0].database)
    for _ in range(6):
        await shelf.put(walkers[0].database, base_id, texts(300))
    for _ in range(ROUNDS):
        await walkers[0].store.drop(base_id)
        at_it = [asyncio.ensure_future(process.refresh(base_id)) for process in walkers]
        for _ in range(3):
            await asyncio.sleep(chance.uniform(0, 0.15))
            await walkers[2].database.run_read(lambda part: part.scalar(CUT))
            await check_marks(walkers[2].database)
        await asyncio.gather(*at_it)
        await shelf.put(walkers[0].database, base_id, texts(10, "more"))
        for process in walkers:
            await until(partial(process.is_right, base_id), 60)


async def test_processes_that_change_bases_at_random_never_leave_a_mark_that_lies(processes: list[Process]) -> None:
    print(f"seed {SEED}")
    chance = random.Random(SEED)
    held: dict[str, list[str]] = {}
    needles: dict[str, str] = {}
    for _ in range(3):
        base_id = await shelf.make_base(processes[0].database)
        needles[base_id] = await shelf.put(processes[0].database, base_id, [NEEDLE])
        held[base_id] = []
    marks = answers = 0

    async def change() -> None:
        process = chance.choice(processes)
        base_id = chance.choice(list(held))
        if held[base_id] and chance.random() < 0.35:
            await shelf.take_away(process.database, base_id, held[base_id].pop(chance.randrange(len(held[base_id]))))
        else:
            held[base_id].append(await shelf.put(process.database, base_id, texts(chance.randrange(1, 150))))
        for one in chance.sample(processes, chance.randrange(1, 4)):
            one.index.refresh(THE_WORKSPACE, base_id)

    async def look() -> None:
        nonlocal marks, answers
        marks += await check_marks(processes[0].database)
        base_id = chance.choice(list(held))
        hits = await chance.choice(processes).found(base_id, limit=1)
        if hits is not None:
            document = text("SELECT document_id FROM passages WHERE id = CAST(:id AS uuid)")
            found = await processes[0].database.run_read(lambda part: part.scalar(document, {"id": hits[0]}))
            assert str(found) == needles[base_id]
            answers += 1

    for _ in range(20 * ROUNDS):
        await asyncio.gather(*(change() for _ in range(chance.randrange(3))), look(), look())
        await asyncio.sleep(chance.uniform(0, 0.05))
    gone, *others = held
    await asyncio.gather(
        *(process.refresh(gone) for process in processes), shelf.soft_delete(processes[0].database, gone)
    )
    await asyncio.gather(*(process.refresh(gone) for process in processes))
    assert await processes[0].store.held(gone) is None
    for base_id in others:
        for process in processes:
            await until(partial(process.is_right, base_id), 60)
    assert await check_marks(processes[0].database) == len(others)
    print(f"{marks} marks, {answers} answers on the way")


async def test_a_process_that_is_killed_while_it_indexes_is_made_good_by_another(
    url: str, walkers: list[Process]
) -> None:
    print(f"seed {SEED}")
    chance = random.Random(SEED)
    here = walkers[0]
    bases = [await shelf.make_base(here.database) for _ in range(2)]
    for number in range(ROUNDS):
        heir = walkers[number % 2]
        for base_id in bases:
            for _ in range(3):
                await shelf.put(here.database, base_id, texts(100))
        command = (sys.executable, "-m", "tests.fakes.indexing", url, *bases)
        child = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
        assert child.stdout is not None
        assert await child.stdout.readline() == b"begun\n"
        await asyncio.sleep(chance.uniform(0, 0.6))
        assert child.returncode is None
        child.kill()
        await child.wait()
        await check_marks(here.database)
        for base_id in bases:
            await until(partial(heir.is_right, base_id), 60)
        await check_marks(here.database)


async def test_postgresql_may_crash_while_an_index_is_built(vector_postgres: Postgres) -> None:
    assert vector_postgres.has_pgvector
    print(f"seed {SEED}")
    chance = random.Random(SEED)
    own = Postgres()
    try:
        own.start()
        async with running(own.migrated(), quick=0) as walkers:
            base_id = await shelf.make_base(walkers[0].database)
            for _ in range(6):
                await shelf.put(walkers[0].database, base_id, texts(200))
            at_it = [walker.index.refresh(THE_WORKSPACE, base_id) for walker in walkers]
            await asyncio.sleep(chance.uniform(0, 0.5))
            await asyncio.to_thread(own.restart, 0.2)
            await asyncio.gather(*at_it)
            for walker in walkers:
                await until(partial(walker.is_right, base_id), 60)
            assert await check_marks(walkers[0].database) == 1
    finally:
        own.stop()


async def test_many_collections_at_once_leave_connections_for_others(processes: list[Process]) -> None:
    process = processes[0]
    bases = [await shelf.make_base(process.database) for _ in range(12)]
    for base_id in bases:
        await shelf.put(process.database, base_id, texts(200))
    at_it = [process.index.refresh(THE_WORKSPACE, base_id) for base_id in bases]
    async with asyncio.timeout(30):
        while not all(task.done() for task in at_it):
            async with process.database.read() as session:
                await session.execute(text("SELECT 1"))
            await asyncio.sleep(0.02)
    for base_id in bases:
        assert await process.is_right(base_id)
