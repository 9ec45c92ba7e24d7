"""The index beside the database: in step or not asked, rebuilt from SQL, never in the way."""

import asyncio
import shutil
import sqlite3
from collections import Counter
from functools import partial
from pathlib import Path
from uuid import uuid4

import pytest

from genai_stack.errors import Busy
from genai_stack.features.knowledge.retrieval.index_snapshot import IndexSnapshot, read_snapshot
from genai_stack.infra.database.database import Database
from genai_stack.infra.database.scope import THE_WORKSPACE
from genai_stack.integrations.vectors.chroma import ChromaIndex
from genai_stack.integrations.vectors.chroma_child import ChromaChild
from genai_stack.integrations.vectors.vector_store import Held, Hit
from tests.fakes.embedder import vector
from tests.fakes.library import Library, NoIndex, base, library_of, ready, until

WORDS = " ".join(f"word{number}" for number in range(3000)).encode()


class LyingIndex(NoIndex):
    """In memory; loses, hangs or forgets what it is told to."""

    def __init__(self) -> None:
        self.ready = True
        self.generation = 1
        self.collections: dict[str, dict[str, tuple[bytes, str]]] = {}
        self.revisions: dict[str, int] = {}
        self.hangs = False
        self.fails = False
        self.searched = 0
        self.started = False

    def start(self) -> None:
        self.started = True

    async def may_hold(self, collection: str) -> bool:
        return collection in self.collections

    async def add(self, collection: str, ids: object, vectors: object, documents: object) -> None:
        if self.fails:
            raise Busy("It is away.")
        rows = zip(ids, vectors, documents, strict=True)  # type: ignore[call-overload]
        self.collections.setdefault(collection, {}).update({row: (of, document) for row, of, document in rows})

    async def search(
        self, collection: str, vector: bytes, limit: int, document_ids: object = None, seen: object = None
    ) -> list[Hit]:
        self.searched += 1
        if self.hangs:
            await asyncio.sleep(60)
        held = self.collections.get(collection, {})
        chosen = {row: of for row, (of, document) in held.items() if document_ids is None or document in document_ids}  # type: ignore[operator]
        hits = [Hit(row, _cosine(vector, of)) for row, of in chosen.items()]
        return sorted(hits, key=lambda hit: -hit.score)[:limit]

    async def drop(self, collection: str, document_ids: object = None) -> None:
        held = self.collections.get(collection, {})
        if document_ids is None:
            self.collections.pop(collection, None)
            self.revisions.pop(collection, None)
        for row in [row for row, (_, document) in held.items() if document_ids and document in document_ids]:  # type: ignore[operator]
            del held[row]

    async def take(self, collection: str, seen: object) -> None:
        self.collections.setdefault(collection, {})
        self.revisions.pop(collection, None)

    async def mark(self, collection: str, revision: int) -> None:
        self.revisions[collection] = revision

    async def held(self, collection: str) -> Held | None:
        if collection not in self.collections:
            return None
        return Held(self.revisions.get(collection), len(self.collections[collection]))

    async def documents(self, collection: str) -> Counter[str]:
        return Counter(document for _, document in self.collections[collection].values())


def _cosine(one: bytes, other: bytes) -> float:
    return sum(a * b for a, b in zip(memoryview(one).cast("f"), memoryview(other).cast("f"), strict=True))


async def extent_of(library: Library, base_id: str) -> IndexSnapshot:
    async with library.database.read() as session:
        extent = await read_snapshot(session, THE_WORKSPACE, base_id)
    assert extent is not None
    return extent


async def in_sync(library: Library, base_id: str) -> None:
    """Asks for it, as a search in a larger base does."""

    async def is_so() -> bool:
        if library.index.in_sync(await extent_of(library, base_id)):
            return True
        library.index.refresh(THE_WORKSPACE, base_id)
        return False

    await until(is_so, 30)


async def found(library: Library, base_id: str, top_k: int = 4) -> list[str]:
    passages = await library.search.search(THE_WORKSPACE, base_id, "word7 word8 word9", top_k=top_k)
    return [passage.text for passage in passages]


async def test_the_index_answers_as_sql_does_and_loses_what_is_deleted(home: Database) -> None:
    store = LyingIndex()
    async with library_of(home, index=store) as library:
        base_id = await base(library)
        one, two = await ready(library, base_id, {"one.txt": WORDS, "two.txt": WORDS[:5000]})
        exact = await found(library, base_id)
        await in_sync(library, base_id)
        before = store.searched
        assert await found(library, base_id) == exact
        assert store.searched == before + 1
        await library.deletion.delete_document(THE_WORKSPACE, two.id)
        assert {document for _, document in store.collections[base_id].values()} == {one.id}
        await library.deletion.delete_base(THE_WORKSPACE, base_id)
        assert store.collections == {}


@pytest.mark.parametrize("way", ["lost some", "lost all", "hangs", "foreign rows"])
async def test_an_index_that_lies_is_not_believed(home: Database, way: str) -> None:
    store = LyingIndex()
    async with library_of(home, index=store) as library:
        base_id = await base(library)
        await ready(library, base_id, {"one.txt": WORDS})
        exact = await found(library, base_id)
        await in_sync(library, base_id)
        if way == "lost some":
            store.collections[base_id] = dict(list(store.collections[base_id].items())[:2])
        elif way == "lost all":
            del store.collections[base_id]
        elif way == "hangs":
            store.hangs = True
        else:
            store.collections[base_id] = {str(uuid4()): row for row in store.collections[base_id].values()}
        assert await found(library, base_id) == exact
        if way != "hangs":
            await in_sync(library, base_id)
            assert len(store.collections[base_id]) == sum((await extent_of(library, base_id)).documents.values())
        assert await found(library, base_id) == exact


async def test_a_small_base_never_touches_the_index_and_a_larger_one_that_shrinks_leaves_it(home: Database) -> None:
    store = LyingIndex()
    store.worth_from = 10**6
    async with library_of(home, index=store) as library:
        base_id = await base(library, chunk_size=20, chunk_overlap=0)
        [document] = await ready(library, base_id, {"one.txt": WORDS})
        await found(library, base_id)
        await library.index.refresh(THE_WORKSPACE, base_id)
        assert (store.collections, store.started, store.searched) == ({}, False, 0)
        store.worth_from = document.chunks or 0
        await in_sync(library, base_id)
        await found(library, base_id)
        assert store.collections[base_id]
        assert store.searched
        store.worth_from += 1
        await library.index.refresh(THE_WORKSPACE, base_id)
        assert store.collections == {}


async def test_an_index_that_fails_is_told_and_caught_up_with(home: Database) -> None:
    store = LyingIndex()
    store.fails = True
    async with library_of(home, index=store) as library:
        base_id = await base(library)
        await ready(library, base_id, {"one.txt": WORDS})
        assert await found(library, base_id)

        async def told(degraded_reason: str | None) -> bool:
            return library.index.degraded_reason == degraded_reason

        await until(partial(told, "The index is behind: It is away."))
        store.fails = False
        await in_sync(library, base_id)
        await until(partial(told, None))


async def test_chroma_is_rebuilt_from_sql_when_its_folder_was_deleted_or_damaged(
    home: Database, tmp_path: Path
) -> None:
    folder = tmp_path / "chroma"
    store = ChromaIndex(ChromaChild(folder))
    async with library_of(home, index=store) as library:
        base_id = await base(library, chunk_size=20, chunk_overlap=0)
        await ready(library, base_id, {"one.txt": WORDS})
        exact = await found(library, base_id, 1)
        await in_sync(library, base_id)
        assert await found(library, base_id, 1) == exact
        shutil.rmtree(folder)
        assert await found(library, base_id, 1) == exact
        await in_sync(library, base_id)
        assert await found(library, base_id, 1) == exact

    with sqlite3.connect(folder / "chroma.sqlite3") as connection:
        connection.execute("DELETE FROM embeddings WHERE id % 2 = 0")
    connection.close()
    store = ChromaIndex(ChromaChild(folder))
    async with library_of(home, index=store) as library:
        assert await found(library, base_id, 1) == exact
        await in_sync(library, base_id)
        held = await store.held(base_id)
        assert held is not None
        assert held.count == sum((await extent_of(library, base_id)).documents.values())
        assert await found(library, base_id, 1) == exact


async def test_a_restart_needs_no_rebuilding(home: Database, tmp_path: Path) -> None:
    folder = tmp_path / "chroma"
    async with library_of(home, index=ChromaIndex(ChromaChild(folder))) as library:
        base_id = await base(library)
        await ready(library, base_id, {"one.txt": WORDS})
        await in_sync(library, base_id)
    store = ChromaIndex(ChromaChild(folder))
    added: list[str] = []
    add = store.add

    async def watched(collection: str, ids: list[str], vectors: list[bytes], documents: list[str]) -> None:
        added.extend(ids)
        await add(collection, ids, vectors, documents)

    store.add = watched  # type: ignore[method-assign, assignment]
    async with library_of(home, index=store) as library:
        await in_sync(library, base_id)
        assert added == []
        [two] = await ready(library, base_id, {"two.txt": b"Otters sleep holding hands."})
        await in_sync(library, base_id)
        assert len(added) == two.chunks
        assert (await store.search(base_id, vector("otters sleep holding hands"), 1))[0].id == added[0]
