"""Deleting, so that nothing is left: first out of sight, then out of SQL in small pieces and out of the index."""

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from datetime import datetime
from typing import Any, NamedTuple

import structlog
from sqlalchemy import ColumnElement, delete, select, true, update

from genai_stack.errors import StackError
from genai_stack.features.knowledge import bases, documents, originals
from genai_stack.features.knowledge.bases import COPYING, DELETED
from genai_stack.features.knowledge.documents import DELETING, UPLOADING
from genai_stack.features.knowledge.retrieval import stored
from genai_stack.features.knowledge.retrieval.index import Index
from genai_stack.features.knowledge.tables import Document, KnowledgeBase
from genai_stack.infra.database.database import Database, ReadSession, WriteSession
from genai_stack.infra.database.scope import Scope
from genai_stack.infra.finish import finish_even_if_cancelled
from genai_stack.infra.queue.queue import Queue

PASSAGES = 200  # in one transaction
PATIENCE = 3.0  # seconds that a request waits for the rows and vectors to be gone; it goes on in the background
PAUSE = 2.0  # seconds between attempts while the database is away

log = structlog.get_logger(__name__)


class _Leaving(NamedTuple):
    """A document that is out of sight."""

    scope: Scope
    document_id: str
    knowledge_base_id: str
    fingerprint: str | None


class Deletion:
    def __init__(self, database: Database, job_queue: Queue, index: Index) -> None:
        self._database = database
        self._queue = job_queue
        self._index = index
        self._running: dict[str, asyncio.Task[None]] = {}

    async def delete_document(self, scope: Scope, document_id: str) -> None:
        async with self._database.write() as session:
            await documents.soft_delete(session, scope, document_id)
        await self.sweep(scope)

    async def delete_base(self, scope: Scope, knowledge_base_id: str) -> None:
        async with self._database.write() as session:
            await bases.soft_delete(session, scope, knowledge_base_id)
        await self.sweep(scope)

    async def undo_uploads(self, scope: Scope, document_ids: Iterable[str]) -> None:
        there = (Document.of(scope), Document.status == UPLOADING)
        async with self._database.write() as session:
            mark = update(Document).where(*there, Document.id.in_(list(document_ids))).values(status=DELETING)
            await session.execute(mark)
        await self.sweep(scope)

    async def sweep(self, scope: Scope, *, patience: float = PATIENCE) -> None:
        """Takes away all that was given up; after `patience` seconds it goes on in the background."""
        async with self._database.read() as session:
            leaving = await _leaving(session, scope)
            gone = await _gone(session, scope)
        tasks = [self._task(item.document_id, lambda item=item: self._remove_document(item)) for item in leaving]
        tasks += [self._task(base_id, lambda base_id=base_id: self._remove_base(scope, base_id)) for base_id in gone]
        if tasks:
            await asyncio.wait(tasks, timeout=patience)

    async def undo_copy(self, scope: Scope, base_id: str) -> None:
        """Removes a copy that nobody has seen."""
        async with self._database.write() as session:
            await _delete_copies(session, scope, KnowledgeBase.id == base_id)
            await session.execute(
                update(Document)
                .where(Document.of(scope), Document.knowledge_base_id == base_id)
                .values(status=DELETING)
            )
        await self.sweep(scope)

    async def delete_unfinished_copies(self, scope: Scope, before: datetime) -> None:
        """Copies that were begun before then and never ended, because their process died."""
        async with self._database.write() as session:
            await _delete_copies(session, scope, KnowledgeBase.created_at < before)

    async def resume(self, scope: Scope) -> None:
        """At the start of the process that owns all uploads: what an earlier one left half done goes."""
        async with self._database.write() as session:
            await _delete_copies(session, scope, true())
            cut_off = (Document.of(scope), Document.status == UPLOADING)
            await session.execute(update(Document).where(*cut_off).values(status=DELETING))
        await self.sweep(scope, patience=0)

    async def close(self) -> None:
        tasks = list(self._running.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _task(self, row_id: str, remove: Callable[[], Coroutine[Any, Any, None]]) -> asyncio.Task[None]:
        task = self._running.get(row_id)
        if task is None:
            task = self._running[row_id] = asyncio.create_task(self._until_done(row_id, remove))
        return task

    async def _until_done(self, row_id: str, remove: Callable[[], Coroutine[Any, Any, None]]) -> None:
        try:
            while True:
                try:
                    return await remove()
                except StackError as error:
                    log.warning("removal.delayed", row=row_id, reason=error.message)
                    await asyncio.sleep(PAUSE)
        finally:
            del self._running[row_id]

    async def _remove_document(self, leaving: _Leaving) -> None:
        scope, document_id = leaving.scope, leaving.document_id
        await self._queue.cancel("ingestion", document_id)
        await self._empty(lambda session: _passages(session, leaving), PASSAGES)
        await self._empty(lambda session: originals.remove(session, scope, document_id), originals.AT_ONCE)
        # The row stays until the index has let go of its vectors, so that a kill in between is made good at the start.
        await asyncio.shield(self._index.refresh(scope, leaving.knowledge_base_id))
        async with self._database.write() as session:
            row = (Document.of(scope), Document.id == document_id)
            await session.execute(delete(Document).where(*row, Document.status == DELETING))

    async def _remove_base(self, scope: Scope, base_id: str) -> None:
        async with self._database.read() as session:
            leaving = await _leaving(session, scope)
        tasks = [
            self._task(item.document_id, lambda item=item: self._remove_document(item))
            for item in leaving
            if item.knowledge_base_id == base_id
        ]
        if tasks:
            await asyncio.wait(tasks)
        await asyncio.shield(self._index.refresh(scope, base_id))
        async with self._database.write() as session:
            row = (KnowledgeBase.of(scope), KnowledgeBase.id == base_id)
            await session.execute(delete(KnowledgeBase).where(*row, KnowledgeBase.revision == DELETED))

    async def _empty(self, remove: Callable[[WriteSession], Coroutine[Any, Any, int]], most: int) -> None:
        """In many short transactions: the one writer of SQLite also carries the runs."""
        removed = most
        while removed == most:
            removed = await finish_even_if_cancelled(self._removed(remove))

    async def _removed(self, remove: Callable[[WriteSession], Coroutine[Any, Any, int]]) -> int:
        async with self._database.write() as session:
            return await remove(session)


async def _delete_copies(session: WriteSession, scope: Scope, which: ColumnElement[bool]) -> None:
    copies = (KnowledgeBase.of(scope), KnowledgeBase.revision == COPYING)
    await session.execute(update(KnowledgeBase).where(*copies, which).values(revision=DELETED))


async def _passages(session: WriteSession, leaving: _Leaving) -> int:
    return await stored.remove(session, leaving.scope, leaving.fingerprint, leaving.document_id, limit=PASSAGES)


async def _leaving(session: ReadSession, scope: Scope) -> list[_Leaving]:
    rows = await session.execute(
        select(Document.id, KnowledgeBase.id, KnowledgeBase.fingerprint)
        .join(KnowledgeBase, KnowledgeBase.id == Document.knowledge_base_id)
        .where(Document.of(scope), Document.status == DELETING)
    )
    return [_Leaving(scope, document_id, base_id, fingerprint) for document_id, base_id, fingerprint in rows]


async def _gone(session: ReadSession, scope: Scope) -> list[str]:
    gone = (KnowledgeBase.of(scope), KnowledgeBase.revision == DELETED)
    return list(await session.scalars(select(KnowledgeBase.id).where(*gone)))
