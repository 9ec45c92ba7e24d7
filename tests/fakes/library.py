"""A whole library over a real database, with an embedder and an index of one's choice."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from sqlalchemy import func, select

import genai_stack.app.schema  # noqa: F401 (every table, so that foreign keys are found)
from genai_stack.errors import Busy
from genai_stack.features.knowledge import bases, documents
from genai_stack.features.knowledge.bases import Draft, EmbedderChoice
from genai_stack.features.knowledge.deletion import Deletion
from genai_stack.features.knowledge.ingestion.ingestion import Ingestion
from genai_stack.features.knowledge.retrieval.index import Index
from genai_stack.features.knowledge.retrieval.nearest import ExactSearch
from genai_stack.features.knowledge.retrieval.search import Search
from genai_stack.features.knowledge.tables import Document, Embedding, OriginalPiece, PassageRow
from genai_stack.features.knowledge.uploads import LARGEST, UploadedFile, Uploads
from genai_stack.features.workspaces.tables import Workspace
from genai_stack.infra.database.database import Database
from genai_stack.infra.database.scope import THE_WORKSPACE, Scope
from genai_stack.infra.queue.in_process import InProcessQueue
from genai_stack.infra.queue.queue import ConcurrencyLimits
from genai_stack.integrations.embedding.embedder import Embedder
from genai_stack.integrations.parsing.pages import ReadingLimits
from genai_stack.integrations.vectors.vector_store import Held, Hit, VectorIndex
from tests.fakes.embedder import WordEmbedder

ELSEWHERE = Scope("00000000-0000-4000-8000-00000000000e")


@dataclass(frozen=True, slots=True)
class Library:
    database: Database
    job_queue: InProcessQueue
    store: VectorIndex
    index: Index
    search: Search
    uploads: Uploads
    ingestion: Ingestion
    deletion: Deletion

    async def resume(self, scope: Scope) -> None:
        await self.deletion.resume(scope)
        await self.ingestion.resume(scope, self.job_queue)

    async def close(self) -> None:
        await self.job_queue.close()
        await self.deletion.close()
        await self.index.close()
        await self.store.close()


class NoIndex:
    """An index that takes everything and never becomes ready: all is answered from SQL."""

    ready = False
    worth_from = 0
    generation = 0
    crash_safe = True
    degraded_reason: str | None = None

    def __init__(self) -> None:
        self._counts: dict[str, Counter[str]] = {}
        self._revisions: dict[str, int] = {}

    def start(self) -> None: ...

    async def add(
        self, collection: str, ids: Sequence[str], vectors: Sequence[bytes], documents: Sequence[str]
    ) -> None:
        self._counts.setdefault(collection, Counter()).update(documents)

    async def search(
        self,
        collection: str,
        vector: bytes,
        limit: int,
        document_ids: Sequence[str] | None = None,
        seen: Held | None = None,
    ) -> list[Hit]:
        raise Busy("There is no index.")

    async def drop(self, collection: str, document_ids: Sequence[str] | None = None) -> None:
        for document in document_ids or ():
            self._counts[collection].pop(document, None)
        if document_ids is None:
            self._counts.pop(collection, None)

    async def take(self, collection: str, seen: Held | None) -> None:
        self._counts.setdefault(collection, Counter())
        self._revisions.pop(collection, None)

    async def mark(self, collection: str, revision: int) -> None:
        self._revisions[collection] = revision

    async def may_hold(self, collection: str) -> bool:
        return collection in self._counts

    async def held(self, collection: str) -> Held | None:
        if collection not in self._counts:
            return None
        return Held(self._revisions.get(collection), self._counts[collection].total())

    async def documents(self, collection: str) -> Mapping[str, int]:
        return self._counts.get(collection, {})

    async def close(self) -> None: ...


async def settled(database: Database) -> Database:
    """With two workspaces."""
    async with database.write() as session:
        for scope in (THE_WORKSPACE, ELSEWHERE):
            if await session.get(Workspace, scope.workspace_id) is None:
                session.add(Workspace(id=scope.workspace_id, name="Home"))
    return database


@asynccontextmanager
async def library_of(
    database: Database,
    embedder: Embedder | None = None,
    index: VectorIndex | None = None,
    *,
    largest: int = LARGEST,
    limits: ReadingLimits | None = None,
) -> AsyncGenerator[Library]:
    chosen = embedder or WordEmbedder()

    async def open_embedder(scope: Scope, choice: EmbedderChoice, fingerprint: str | None) -> Embedder:
        return chosen

    job_queue = InProcessQueue({"ingestion": ConcurrencyLimits(2, 2)})
    store = index or NoIndex()
    kept = Index(database, store)
    ingestion = Ingestion(database, kept, open_embedder, limits)
    job_queue.serve("ingestion", ingestion.work)
    deletion = Deletion(database, job_queue, kept)
    library = Library(
        database=database,
        job_queue=job_queue,
        store=store,
        index=kept,
        search=Search(database, kept, ExactSearch(database), open_embedder),
        uploads=Uploads(database, job_queue, deletion, largest=largest),
        ingestion=ingestion,
        deletion=deletion,
    )
    try:
        yield library
    finally:
        await library.close()


async def base(library: Library, scope: Scope = THE_WORKSPACE, **draft: object) -> str:
    async with library.database.write() as session:
        return (await bases.create(session, scope, Draft(**{"name": "Papers", **draft}))).id  # type: ignore[arg-type]


async def upload(
    library: Library, base_id: str, files: Mapping[str, bytes], scope: Scope = THE_WORKSPACE
) -> list[Document]:
    return await library.uploads.to_base(scope, base_id, sent(files))


async def sent(files: Mapping[str, bytes]) -> AsyncIterator[UploadedFile]:
    for name, content in files.items():
        yield UploadedFile(name, in_chunks(content))


async def in_chunks(content: bytes, size: int = 60_000) -> AsyncIterator[bytes]:
    for start in range(0, len(content), size):
        yield content[start : start + size]


async def ended(library: Library, document_id: str, scope: Scope = THE_WORKSPACE, within: float = 30) -> Document:
    """The document, once it is ready or failed."""
    async with asyncio.timeout(within):
        while True:
            async with library.database.read() as session:
                document = await documents.find(session, scope, document_id, with_text=True)
            if document.status != "processing":
                return document
            await asyncio.sleep(0.01)


async def ready(library: Library, base_id: str, files: Mapping[str, bytes], within: float = 30) -> list[Document]:
    uploaded = await upload(library, base_id, files)
    taken = [await ended(library, document.id, within=within) for document in uploaded]
    assert [document.error for document in taken] == [None] * len(taken)
    return taken


async def until(met: Callable[[], Awaitable[bool]], within: float = 15) -> None:
    async with asyncio.timeout(within):
        while True:
            if await met():
                return
            await asyncio.sleep(0.01)


async def passages_written(database: Database, at_least: int = 1) -> int:
    """Waits until so many passages are written; how many it are then."""
    async with asyncio.timeout(15):
        while True:
            written = (await counts(database))["passages"]
            if written >= at_least:
                return written
            await asyncio.sleep(0.005)


async def nothing_left(database: Database) -> bool:
    return set((await counts(database)).values()) == {0}


async def counts(database: Database) -> dict[str, int]:
    async with database.read() as session:
        return {
            table.__tablename__: await session.scalar(select(func.count()).select_from(table)) or 0
            for table in (Document, OriginalPiece, PassageRow, Embedding)
        }
