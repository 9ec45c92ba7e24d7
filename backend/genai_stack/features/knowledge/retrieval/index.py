"""The index beside the database: brought into step in the background, asked only while it is.

Several processes may share one. Who changes a collection has a lock on it; and what this process knows of it is what
it saw at its last look, with which the store says nothing once another process has begun to change it.
"""

import asyncio
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import structlog
from sqlalchemy import Select, select

from genai_stack.errors import Busy, StackError
from genai_stack.features.knowledge.bases import DELETED
from genai_stack.features.knowledge.tables import Document, Embedding, KnowledgeBase, PassageRow
from genai_stack.infra.database.database import Database, ReadSession
from genai_stack.infra.database.exclusive import Hold, exclusive
from genai_stack.infra.database.scope import Scope
from genai_stack.integrations.vectors.vector_store import Held, Hit, Probe, VectorIndex, finds

BATCH = 500  # vectors that are read from SQL at once
PROBES = 16  # vectors that must find themselves before a collection is believed
SLOW = 1.5  # seconds after which a question is answered from SQL instead
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0  # seconds between attempts while the index fails
ELSEWHERE = 0.25  # seconds between looks while another process changes a collection
AT_ONCE = 2  # collections that this process changes; each takes one of the database's connections for its lock
LITTER = 1_000  # deleted vectors that a collection may carry along however small it is
MOST_DOCUMENTS = 500  # named in one question or one removal

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class IndexSnapshot:
    """What may be found in a knowledge base at a revision: ready documents, each with how many passages it has."""

    scope: Scope
    base_id: str
    fingerprint: str | None
    dimensions: int
    revision: int
    documents: Mapping[str, int]

    @property
    def held(self) -> Held:
        """What a collection holds that is in step."""
        return Held(self.revision, sum(self.documents.values()))


@dataclass(frozen=True, slots=True)
class _SyncedContent:
    """What a collection was seen to hold, when it was in step."""

    generation: int
    held: Held
    documents: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Found:
    """What one that is not in step holds: documents with all their vectors, and others."""

    held: Held | None
    whole: frozenset[str]
    others: frozenset[str]


async def read_extent(session: ReadSession, scope: Scope, base_id: str) -> IndexSnapshot | None:
    """None where there is no such knowledge base, or no more."""
    base = await session.scalar(
        select(KnowledgeBase).where(
            KnowledgeBase.of(scope),
            KnowledgeBase.id == base_id,
            KnowledgeBase.revision > DELETED,
        )
    )
    if base is None:
        return None
    documents = await session.execute(
        select(Document.id, Document.chunks)
        .where(
            Document.of(scope),
            Document.knowledge_base_id == base_id,
            Document.status == "ready",
        )
        .order_by(Document.created_at, Document.id)
    )
    counts = {document: chunks or 0 for document, chunks in documents}
    return IndexSnapshot(scope, base_id, base.fingerprint, base.dimensions or 0, base.revision, counts)


class Index:
    def __init__(self, database: Database, store: VectorIndex) -> None:
        self._database = database
        self._store = store
        self._known: dict[str, _SyncedContent] = {}
        self._changing: dict[str, asyncio.Task[None]] = {}
        self._again: set[str] = set()
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._failed: str | None = None

    @property
    def degraded_reason(self) -> str | None:
        """A sentence, while the index cannot be brought into step; search goes on over the vectors in SQL."""
        return self._store.degraded_reason or self._failed

    def is_worth(self, extent: IndexSnapshot) -> bool:
        """Whether the knowledge base is so large that it has a collection: smaller ones are searched over SQL."""
        return extent.held.count >= self._store.worth_from

    def in_sync(self, extent: IndexSnapshot) -> bool:
        known = self._known.get(extent.base_id)
        return (
            known is not None
            and self._store.ready
            and (known.generation, known.held.revision) == (self._store.generation, extent.revision)
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
        self, extent: IndexSnapshot, vector: bytes, limit: int, document_ids: Sequence[str] | None
    ) -> list[Hit] | None:
        """None where the index is not in step, too slow, or found less than there is: then SQL answers."""
        if document_ids is not None and len(document_ids) > MOST_DOCUMENTS:
            return None
        try:
            async with asyncio.timeout(SLOW):
                if not self.in_sync(extent) and not await self._was_brought_by_another(extent):
                    return None
                seen = self._known[extent.base_id].held
                hits = await self._store.search(extent.base_id, vector, limit, document_ids, seen)
        except Exception as error:  # noqa: BLE001 (whatever ails it, SQL answers)
            log.warning("index.failed", knowledge_base=extent.base_id, reason=str(error) or type(error).__name__)
            return None
        there = sum(extent.documents[document] for document in document_ids or extent.documents)
        if len(hits) < min(limit, there):
            self.mark_suspect(extent)
            return None
        return hits

    def mark_suspect(self, extent: IndexSnapshot) -> None:
        """It found what is not there, or less than is: it is looked at again."""
        known = self._known.get(extent.base_id)
        if known is not None and known.held.revision == extent.revision:
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
                    done = await self._bring_into_step(scope, base_id)
                except Exception as error:  # noqa: BLE001 (whatever ails it, search goes on and this is tried again)
                    reason = error.message if isinstance(error, StackError) else repr(error)
                    self._failed = f"The index is behind: {reason}"
                    log.warning("index.behind", knowledge_base=base_id, reason=reason)
                    await asyncio.sleep(pause)
                    pause = min(LONGEST_PAUSE, pause * 2)
                    continue
                self._failed, pause = None, FIRST_PAUSE
                if not done:
                    await asyncio.sleep(ELSEWHERE * random.uniform(0.5, 1.5))  # noqa: S311 (so that they take turns)
                elif base_id not in self._again:
                    return
        finally:
            del self._changing[base_id]

    async def _bring_into_step(self, scope: Scope, base_id: str) -> bool:
        """False where another process is at it."""
        extent = await self._extent(scope, base_id)
        if extent is None or not self.is_worth(extent):
            if not await self._store.may_hold(base_id):
                self._known.pop(base_id, None)
                return True
        elif extent.documents:
            self._store.start()
            if await self._is_believed(extent):
                return True
        async with self._slots, exclusive(self._database, f"index {base_id}") as hold:
            if hold is None:
                return False
            extent = await self._extent(scope, base_id)  # as it is now that nobody else changes the collection
            if extent is None or not self.is_worth(extent):
                await self._store.drop(base_id)
                self._known.pop(base_id, None)
            elif not extent.documents:
                await self._store.drop(base_id)
                self._known[base_id] = _SyncedContent(self._store.generation, extent.held, frozenset())
            elif not await self._is_believed(extent):
                await self._change(extent, hold)
        return True

    async def _change(self, extent: IndexSnapshot, hold: Hold) -> None:
        base_id = extent.base_id
        generation = self._store.generation
        found = await self._look(extent)
        await hold.check()
        stay = frozenset[str]() if _is_littered(extent, found) else found.whole
        if any(extent.documents[document] for document in stay):
            await self._store.take(base_id, found.held)
            await self._drop(base_id, sorted(found.others))
        else:
            await self._store.drop(base_id)
            await self._store.take(base_id, None)
        for document in [document for document in extent.documents if document not in stay]:
            if await self._add(extent, document) != extent.documents[document]:
                await self._check_newer(extent)
                return
            await hold.check()
        await self._store.mark(base_id, extent.revision)
        held = await self._store.held(base_id)
        if self._store.generation != generation:
            self._again.add(base_id)
        elif held is None or held != extent.held:
            raise Busy("It lost some of its vectors.")
        else:
            self._known[base_id] = _SyncedContent(generation, held, frozenset(extent.documents))

    async def _check_newer(self, extent: IndexSnapshot) -> None:
        """A document lacks vectors: it was deleted meanwhile, and there is a newer revision to bring the index to."""
        newer = await self._extent(extent.scope, extent.base_id)
        if newer is not None and newer.revision == extent.revision:
            raise StackError("Vectors of a document are missing. Delete it, then upload it again.")
        self._again.add(extent.base_id)

    async def _is_believed(self, extent: IndexSnapshot) -> bool:
        """Whether it is in step, as this process knows, or as it sees at a look."""
        generation, held = await self._held(extent)
        if held is None or held != extent.held:
            return False
        known = self._known.get(extent.base_id)
        looked_at = known is not None and known.generation == generation
        if not looked_at and not await finds(self._store, extent.base_id, await self._probes(extent, extent.documents)):
            return False
        if self._store.generation != generation:
            return False
        self._known[extent.base_id] = _SyncedContent(generation, held, frozenset(extent.documents))
        return True

    async def _was_brought_by_another(self, extent: IndexSnapshot) -> bool:
        """The look that is quick enough for a question: at one that was in step before."""
        known = self._known.get(extent.base_id)
        was_in_step = known is not None and self._store.ready and known.generation == self._store.generation
        return was_in_step and await self._is_believed(extent)

    async def _look(self, extent: IndexSnapshot) -> _Found:
        """What can stay; nothing of a collection that is not what the database says."""
        generation, held = await self._held(extent)
        known = self._known.get(extent.base_id)
        if held is None or held.count == 0:
            return _Found(held, frozenset(), frozenset())
        if known and known.generation == generation and (known.held, known.held.identity) == (held, held.identity):
            return _Found(held, known.documents & extent.documents.keys(), known.documents - extent.documents.keys())
        there = await self._store.documents(extent.base_id)
        whole = [document for document, count in extent.documents.items() if there.get(document, 0) == count]
        if (held.revision is None and not self._store.crash_safe) or not await finds(
            self._store, extent.base_id, await self._probes(extent, whole)
        ):
            whole = []
        return _Found(held, frozenset(whole), frozenset(there.keys() - set(whole)))

    async def _held(self, extent: IndexSnapshot) -> tuple[int, Held | None]:
        """With the generation of this look: the store may have been started just now."""
        while True:
            generation = self._store.generation
            held = await self._store.held(extent.base_id)
            if generation == self._store.generation:
                return generation, held

    async def _drop(self, base_id: str, documents: Sequence[str]) -> None:
        for start in range(0, len(documents), MOST_DOCUMENTS):
            await self._store.drop(base_id, documents[start : start + MOST_DOCUMENTS])

    async def _add(self, extent: IndexSnapshot, document: str) -> int:
        """How many vectors SQL has of it."""
        after, added = -1, 0
        while True:
            async with self._database.read_much() as session:
                rows = (await session.execute(_vectors(extent, document, after))).all()
            if rows:
                await self._store.add(
                    extent.base_id, [row[1] for row in rows], [row[2] for row in rows], [document] * len(rows)
                )
            added += len(rows)
            if len(rows) < BATCH:
                return added
            after = rows[-1][0]

    async def _probes(self, extent: IndexSnapshot, documents: Iterable[str]) -> list[Probe]:
        """A few passages, any of these documents', with their vectors."""
        samples: list[Probe] = []
        with_passages = [document for document in documents if extent.documents[document]]
        if not with_passages:
            return samples
        async with self._database.read() as session:
            for document in random.choices(with_passages, k=PROBES):  # noqa: S311 (nobody gains by guessing them)
                after = random.randrange(extent.documents[document]) - 1  # noqa: S311
                row = (await session.execute(_vectors(extent, document, after).limit(1))).first()
                if row is not None:
                    samples.append(Probe(row[1], document, row[2]))
        return samples

    async def _extent(self, scope: Scope, base_id: str) -> IndexSnapshot | None:
        async with self._database.read() as session:
            return await read_extent(session, scope, base_id)


def _is_littered(extent: IndexSnapshot, found: _Found) -> bool:
    """Whether, after this change, a collection would carry more deleted vectors along than others."""
    if found.held is None:
        return False
    alive = sum(extent.documents[document] for document in found.whole)
    return found.held.garbage + found.held.count - alive > max(LITTER, alive)


def _vectors(extent: IndexSnapshot, document: str, after: int) -> Select[int, str, bytes]:
    return (
        select(PassageRow.position, PassageRow.id, Embedding.vector)
        .join(
            Embedding,
            (Embedding.text_hash == PassageRow.text_hash)
            & (Embedding.workspace_id == PassageRow.workspace_id)
            & (Embedding.fingerprint == extent.fingerprint),
        )
        .where(
            PassageRow.of(extent.scope),
            PassageRow.document_id == document,
            PassageRow.position > after,
        )
        .order_by(PassageRow.position)
        .limit(BATCH)
    )
