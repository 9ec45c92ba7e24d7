"""The index beside the database: brought into step in the background, asked only while it is."""

import asyncio
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import structlog
from sqlalchemy import Select, select

from genai_stack.errors import StackError
from genai_stack.knowledge.bases import GONE
from genai_stack.storage.database import Database, ReadSession
from genai_stack.storage.scope import Scope
from genai_stack.storage.tables import Document, Embedding, KnowledgeBase, PassageRow
from genai_stack.vectors.vector_store import Hit, VectorIndex, holds

BATCH = 500  # vectors that are read from SQL at once
PROBES = 16  # vectors that must find themselves before a collection is believed
SLOW = 1.5  # seconds after which a question is answered from SQL instead
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0  # seconds between attempts while the index fails
MOST_DOCUMENTS = 500  # named in one question or one removal

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Extent:
    """What may be found in a knowledge base at a revision: ready documents, each with how many passages it has."""

    scope: Scope
    base_id: str
    fingerprint: str | None
    dimensions: int
    revision: int
    documents: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class _Known:
    """What a collection was seen to hold."""

    generation: int
    revision: int
    documents: frozenset[str]


async def read_extent(session: ReadSession, scope: Scope, base_id: str) -> Extent | None:
    """None where there is no such knowledge base, or no more."""
    base = await session.scalar(
        select(KnowledgeBase).where(
            KnowledgeBase.workspace_id == scope.workspace_id, KnowledgeBase.id == base_id, KnowledgeBase.revision > GONE
        )
    )
    if base is None:
        return None
    documents = await session.execute(
        select(Document.id, Document.chunks)
        .where(
            Document.workspace_id == scope.workspace_id,
            Document.knowledge_base_id == base_id,
            Document.status == "ready",
        )
        .order_by(Document.created_at, Document.id)
    )
    counts = {document: chunks or 0 for document, chunks in documents}
    return Extent(scope, base_id, base.fingerprint, base.dimensions or 0, base.revision, counts)


class Index:
    def __init__(self, database: Database, store: VectorIndex) -> None:
        self._database = database
        self._store = store
        self._known: dict[str, _Known] = {}
        self._changing: dict[str, asyncio.Task[None]] = {}
        self._again: set[str] = set()
        self._failed: str | None = None

    @property
    def trouble(self) -> str | None:
        """A sentence, while the index cannot be brought into step; search goes on over the vectors in SQL."""
        return self._store.trouble or self._failed

    def in_step(self, extent: Extent) -> bool:
        known = self._known.get(extent.base_id)
        return (
            known is not None
            and self._store.ready
            and (known.generation, known.revision) == (self._store.generation, extent.revision)
        )

    def refresh(self, scope: Scope, base_id: str) -> asyncio.Task[None]:
        """Brings a collection into step, in the background, again and again until that is done."""
        task = self._changing.get(base_id)
        if task is not None:
            self._again.add(base_id)
            return task
        task = self._changing[base_id] = asyncio.create_task(self._keep_at_it(scope, base_id))
        return task

    async def search(
        self, extent: Extent, vector: bytes, limit: int, document_ids: Sequence[str] | None
    ) -> list[Hit] | None:
        """None where the index is not in step, too slow, or found less than there is: then SQL answers."""
        if not self.in_step(extent) or (document_ids is not None and len(document_ids) > MOST_DOCUMENTS):
            return None
        try:
            async with asyncio.timeout(SLOW):
                hits = await self._store.search(extent.base_id, vector, limit, document_ids)
        except Exception as error:  # noqa: BLE001 (whatever ails it, SQL answers)
            log.warning("index.failed", knowledge_base=extent.base_id, reason=str(error) or type(error).__name__)
            return None
        there = sum(extent.documents[document] for document in document_ids or extent.documents)
        if len(hits) < min(limit, there):
            self.doubt(extent)
            return None
        return hits

    def doubt(self, extent: Extent) -> None:
        """It found what is not there, or less than is: it is looked at again."""
        known = self._known.get(extent.base_id)
        if known is not None and known.revision == extent.revision:
            log.warning("index.doubted", knowledge_base=extent.base_id)
            del self._known[extent.base_id]
            self.refresh(extent.scope, extent.base_id)

    async def close(self) -> None:
        tasks = list(self._changing.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _keep_at_it(self, scope: Scope, base_id: str) -> None:
        pause = FIRST_PAUSE
        try:
            while True:
                self._again.discard(base_id)
                try:
                    await self._bring_into_step(scope, base_id)
                except Exception as error:  # noqa: BLE001 (whatever ails it, search goes on and this is tried again)
                    reason = error.message if isinstance(error, StackError) else repr(error)
                    self._failed = f"The index is behind: {reason}"
                    log.warning("index.behind", knowledge_base=base_id, reason=reason)
                    await asyncio.sleep(pause)
                    pause = min(LONGEST_PAUSE, pause * 2)
                    continue
                self._failed, pause = None, FIRST_PAUSE
                if base_id not in self._again:
                    return
        finally:
            del self._changing[base_id]

    async def _bring_into_step(self, scope: Scope, base_id: str) -> None:
        extent = await self._extent(scope, base_id)
        if extent is None:
            await self._store.drop(base_id)
            self._known.pop(base_id, None)
            return
        self._store.start()
        if not extent.documents:
            await self._store.drop(base_id)
            self._known[base_id] = _Known(self._store.generation, extent.revision, frozenset())
            return
        known = await self._look(extent)
        if known.revision == extent.revision and known.documents == frozenset(extent.documents):
            return
        await self._store.mark(base_id, None)
        await self._drop(base_id, sorted(known.documents - extent.documents.keys()))
        for document in [document for document in extent.documents if document not in known.documents]:
            await self._add(extent, document)
        await self._store.mark(base_id, extent.revision)
        if self._store.generation != known.generation:
            del self._known[base_id]
            self._again.add(base_id)
            return
        self._known[base_id] = _Known(known.generation, extent.revision, frozenset(extent.documents))

    async def _look(self, extent: Extent) -> _Known:
        """What the collection holds; one that is not what the database says is made anew."""
        known = self._known.get(extent.base_id)
        if known is not None and known.generation == self._store.generation:
            return known
        count = sum(extent.documents.values())
        probes = await self._probes(extent)
        generation = -1
        held = False
        while generation != self._store.generation:  # it may have been started just now
            generation = self._store.generation
            held = await holds(self._store, extent.base_id, revision=extent.revision, count=count, probes=probes)
        if held:
            known = _Known(generation, extent.revision, frozenset(extent.documents))
        else:
            await self._store.drop(extent.base_id)
            known = _Known(generation, GONE, frozenset())
        self._known[extent.base_id] = known
        return known

    async def _drop(self, base_id: str, documents: Sequence[str]) -> None:
        for start in range(0, len(documents), MOST_DOCUMENTS):
            await self._store.drop(base_id, documents[start : start + MOST_DOCUMENTS])

    async def _add(self, extent: Extent, document: str) -> None:
        after = -1
        while True:
            async with self._database.read_much() as session:
                rows = (await session.execute(_vectors(extent, document, after))).all()
            if rows:
                await self._store.add(
                    extent.base_id, [row[1] for row in rows], [row[2] for row in rows], [document] * len(rows)
                )
            if len(rows) < BATCH:
                return
            after = rows[-1][0]

    async def _probes(self, extent: Extent) -> dict[str, bytes]:
        """A few passages, any of them, with their vectors."""
        probes: dict[str, bytes] = {}
        documents = [document for document, count in extent.documents.items() if count]
        if not documents:
            return probes
        async with self._database.read() as session:
            for document in random.choices(documents, k=PROBES):  # noqa: S311 (nobody gains by guessing them)
                after = random.randrange(extent.documents[document]) - 1  # noqa: S311
                row = (await session.execute(_vectors(extent, document, after).limit(1))).first()
                if row is not None:
                    probes[row[1]] = row[2]
        return probes

    async def _extent(self, scope: Scope, base_id: str) -> Extent | None:
        async with self._database.read() as session:
            return await read_extent(session, scope, base_id)


def _vectors(extent: Extent, document: str, after: int) -> Select[int, str, bytes]:
    return (
        select(PassageRow.position, PassageRow.id, Embedding.vector)
        .join(
            Embedding,
            (Embedding.text_hash == PassageRow.text_hash)
            & (Embedding.workspace_id == PassageRow.workspace_id)
            & (Embedding.fingerprint == extent.fingerprint),
        )
        .where(
            PassageRow.workspace_id == extent.scope.workspace_id,
            PassageRow.document_id == document,
            PassageRow.position > after,
        )
        .order_by(PassageRow.position)
        .limit(BATCH)
    )
