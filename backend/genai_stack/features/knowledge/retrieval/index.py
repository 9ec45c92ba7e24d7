"""The index beside the database: brought into sync in the background, asked only while it is.

Several processes may share one. Who changes a collection has a lock on it; and what this process knows of it is what
it saw at its last look, with which the store says nothing once another process has begun to change it.
"""

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from genai_stack.errors import Busy, StackError
from genai_stack.features.knowledge.retrieval.index_snapshot import (
    VECTORS_PER_QUERY,
    IndexSnapshot,
    read_samples,
    read_snapshot,
    select_vectors,
)
from genai_stack.infra.database.database import Database
from genai_stack.infra.database.exclusive import Hold, exclusive
from genai_stack.infra.database.scope import Scope
from genai_stack.integrations.vectors.vector_store import Held, Hit, VectorIndex, finds

SLOW_SEARCH_SECONDS = 1.5  # after which a question is answered from SQL instead
FIRST_RETRY_SECONDS, LONGEST_RETRY_SECONDS = 1.0, 60.0  # between attempts while the index fails
OTHER_PROCESS_SECONDS = 0.25  # between looks while another process changes a collection
COLLECTIONS_AT_ONCE = 2  # that this process changes; each takes one of the database's connections for its lock
GARBAGE_VECTORS = 1_000  # deleted vectors that a collection may carry along however small it is
DOCUMENTS_PER_CALL = 500  # named in one question or one removal

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _SyncedContent:
    """What a collection was seen to hold, when it was in sync."""

    generation: int
    held: Held
    documents: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Found:
    """What one that is not in sync holds: documents with all their vectors, and others."""

    held: Held | None
    whole: frozenset[str]
    others: frozenset[str]


class Index:
    def __init__(self, database: Database, store: VectorIndex) -> None:
        self._database = database
        self._store = store
        self._known: dict[str, _SyncedContent] = {}
        self._changing: dict[str, asyncio.Task[None]] = {}
        self._again: set[str] = set()
        self._slots = asyncio.Semaphore(COLLECTIONS_AT_ONCE)
        self._failed: str | None = None

    @property
    def degraded_reason(self) -> str | None:
        """A sentence, while the index cannot be brought into sync; search goes on over the vectors in SQL."""
        return self._store.degraded_reason or self._failed

    def is_worth(self, snapshot: IndexSnapshot) -> bool:
        """Whether the knowledge base is so large that it has a collection: smaller ones are searched over SQL."""
        return snapshot.held.count >= self._store.worth_from

    def in_sync(self, snapshot: IndexSnapshot) -> bool:
        known = self._known.get(snapshot.base_id)
        return (
            known is not None
            and self._store.ready
            and (known.generation, known.held.revision) == (self._store.generation, snapshot.revision)
        )

    def refresh(self, scope: Scope, base_id: str) -> asyncio.Task[None]:
        """Brings a collection into sync, in the background, again and again until that is done."""
        task = self._changing.get(base_id)
        if task is not None:
            self._again.add(base_id)
            return task
        task = self._changing[base_id] = asyncio.create_task(self._sync_until_done(scope, base_id))
        return task

    async def search(
        self, snapshot: IndexSnapshot, vector: bytes, limit: int, document_ids: Sequence[str] | None
    ) -> list[Hit] | None:
        """None where the index is not in sync, too slow, or found less than there is: then SQL answers."""
        if document_ids is not None and len(document_ids) > DOCUMENTS_PER_CALL:
            return None
        try:
            async with asyncio.timeout(SLOW_SEARCH_SECONDS):
                if not self.in_sync(snapshot) and not await self._was_brought_by_another(snapshot):
                    return None
                seen = self._known[snapshot.base_id].held
                hits = await self._store.search(snapshot.base_id, vector, limit, document_ids, seen)
        except Exception as error:  # noqa: BLE001 (whatever ails it, SQL answers)
            log.warning("index.failed", knowledge_base=snapshot.base_id, reason=str(error) or type(error).__name__)
            return None
        there = sum(snapshot.documents[document] for document in document_ids or snapshot.documents)
        if len(hits) < min(limit, there):
            self.mark_suspect(snapshot)
            return None
        return hits

    def mark_suspect(self, snapshot: IndexSnapshot) -> None:
        """It found what is not there, or less than is: it is looked at again."""
        known = self._known.get(snapshot.base_id)
        if known is not None and known.held.revision == snapshot.revision:
            log.warning("index.suspect", knowledge_base=snapshot.base_id)
            del self._known[snapshot.base_id]
            self.refresh(snapshot.scope, snapshot.base_id)

    async def close(self) -> None:
        tasks = list(self._changing.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _sync_until_done(self, scope: Scope, base_id: str) -> None:
        pause = FIRST_RETRY_SECONDS
        try:
            while True:
                self._again.discard(base_id)
                try:
                    done = await self._bring_into_sync(scope, base_id)
                except Exception as error:  # noqa: BLE001 (whatever ails it, search goes on and this is tried again)
                    reason = error.message if isinstance(error, StackError) else repr(error)
                    self._failed = f"The index is behind: {reason}"
                    log.warning("index.behind", knowledge_base=base_id, reason=reason)
                    await asyncio.sleep(pause)
                    pause = min(LONGEST_RETRY_SECONDS, pause * 2)
                    continue
                self._failed, pause = None, FIRST_RETRY_SECONDS
                if not done:
                    await asyncio.sleep(OTHER_PROCESS_SECONDS * random.uniform(0.5, 1.5))  # noqa: S311 (so that they take turns)
                elif base_id not in self._again:
                    return
        finally:
            del self._changing[base_id]

    async def _bring_into_sync(self, scope: Scope, base_id: str) -> bool:
        """False where another process is at it."""
        snapshot = await self._snapshot(scope, base_id)
        if snapshot is None or not self.is_worth(snapshot):
            if not await self._store.may_hold(base_id):
                self._known.pop(base_id, None)
                return True
        elif snapshot.documents:
            self._store.start()
            if await self._is_believed(snapshot):
                return True
        async with self._slots, exclusive(self._database, f"index {base_id}") as hold:
            if hold is None:
                return False
            snapshot = await self._snapshot(scope, base_id)  # as it is now that nobody else changes the collection
            if snapshot is None or not self.is_worth(snapshot):
                await self._store.drop(base_id)
                self._known.pop(base_id, None)
            elif not snapshot.documents:
                await self._store.drop(base_id)
                self._known[base_id] = _SyncedContent(self._store.generation, snapshot.held, frozenset())
            elif not await self._is_believed(snapshot):
                await self._change(snapshot, hold)
        return True

    async def _change(self, snapshot: IndexSnapshot, hold: Hold) -> None:
        base_id = snapshot.base_id
        generation = self._store.generation
        found = await self._look(snapshot)
        await hold.check()
        stay = frozenset[str]() if _has_much_garbage(snapshot, found) else found.whole
        if any(snapshot.documents[document] for document in stay):
            await self._store.take(base_id, found.held)
            await self._drop(base_id, sorted(found.others))
        else:
            await self._store.drop(base_id)
            await self._store.take(base_id, None)
        for document in [document for document in snapshot.documents if document not in stay]:
            if await self._add(snapshot, document) != snapshot.documents[document]:
                await self._check_newer(snapshot)
                return
            await hold.check()
        await self._store.mark(base_id, snapshot.revision)
        held = await self._store.held(base_id)
        if self._store.generation != generation:
            self._again.add(base_id)
        elif held is None or held != snapshot.held:
            raise Busy("It lost some of its vectors.")
        else:
            self._known[base_id] = _SyncedContent(generation, held, frozenset(snapshot.documents))

    async def _check_newer(self, snapshot: IndexSnapshot) -> None:
        """A document lacks vectors: it was deleted meanwhile, and there is a newer revision to bring the index to."""
        newer = await self._snapshot(snapshot.scope, snapshot.base_id)
        if newer is not None and newer.revision == snapshot.revision:
            raise StackError("Vectors of a document are missing. Delete it, then upload it again.")
        self._again.add(snapshot.base_id)

    async def _is_believed(self, snapshot: IndexSnapshot) -> bool:
        """Whether it is in sync, as this process knows, or as it sees at a look."""
        generation, held = await self._held(snapshot)
        if held is None or held != snapshot.held:
            return False
        known = self._known.get(snapshot.base_id)
        looked_at = known is not None and known.generation == generation
        if not looked_at and not await finds(
            self._store, snapshot.base_id, await read_samples(self._database, snapshot, snapshot.documents)
        ):
            return False
        if self._store.generation != generation:
            return False
        self._known[snapshot.base_id] = _SyncedContent(generation, held, frozenset(snapshot.documents))
        return True

    async def _was_brought_by_another(self, snapshot: IndexSnapshot) -> bool:
        """The look that is quick enough for a question: at one that was in sync before."""
        known = self._known.get(snapshot.base_id)
        was_in_step = known is not None and self._store.ready and known.generation == self._store.generation
        return was_in_step and await self._is_believed(snapshot)

    async def _look(self, snapshot: IndexSnapshot) -> _Found:
        """What can stay; nothing of a collection that is not what the database says."""
        generation, held = await self._held(snapshot)
        known = self._known.get(snapshot.base_id)
        if held is None or held.count == 0:
            return _Found(held, frozenset(), frozenset())
        if known and known.generation == generation and (known.held, known.held.identity) == (held, held.identity):
            return _Found(
                held, known.documents & snapshot.documents.keys(), known.documents - snapshot.documents.keys()
            )
        there = await self._store.documents(snapshot.base_id)
        whole = [document for document, count in snapshot.documents.items() if there.get(document, 0) == count]
        if (held.revision is None and not self._store.crash_safe) or not await finds(
            self._store, snapshot.base_id, await read_samples(self._database, snapshot, whole)
        ):
            whole = []
        return _Found(held, frozenset(whole), frozenset(there.keys() - set(whole)))

    async def _held(self, snapshot: IndexSnapshot) -> tuple[int, Held | None]:
        """With the generation of this look: the store may have been started just now."""
        while True:
            generation = self._store.generation
            held = await self._store.held(snapshot.base_id)
            if generation == self._store.generation:
                return generation, held

    async def _drop(self, base_id: str, documents: Sequence[str]) -> None:
        for start in range(0, len(documents), DOCUMENTS_PER_CALL):
            await self._store.drop(base_id, documents[start : start + DOCUMENTS_PER_CALL])

    async def _add(self, snapshot: IndexSnapshot, document: str) -> int:
        """How many vectors SQL has of it."""
        after, added = -1, 0
        while True:
            async with self._database.read_much() as session:
                rows = (await session.execute(select_vectors(snapshot, document, after))).all()
            if rows:
                await self._store.add(
                    snapshot.base_id, [row[1] for row in rows], [row[2] for row in rows], [document] * len(rows)
                )
            added += len(rows)
            if len(rows) < VECTORS_PER_QUERY:
                return added
            after = rows[-1][0]

    async def _snapshot(self, scope: Scope, base_id: str) -> IndexSnapshot | None:
        async with self._database.read() as session:
            return await read_snapshot(session, scope, base_id)


def _has_much_garbage(snapshot: IndexSnapshot, found: _Found) -> bool:
    """Whether, after this change, a collection would carry more deleted vectors along than others."""
    if found.held is None:
        return False
    alive = sum(snapshot.documents[document] for document in found.whole)
    return found.held.garbage + found.held.count - alive > max(GARBAGE_VECTORS, alive)
