"""Ingestion: an uploaded file is read, cut, embedded and stored; it is found only when all of it is there."""

import asyncio
import contextlib
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, repeat
from time import perf_counter
from typing import Any, cast

import structlog
from sqlalchemy import CursorResult, func, select, update

from genai_stack.errors import Busy, DocumentFailed, StackError
from genai_stack.features.knowledge import bases, originals
from genai_stack.features.knowledge.bases import EmbedderChoice, OpenEmbedder
from genai_stack.features.knowledge.documents import FAILED, PROCESSING, READY
from genai_stack.features.knowledge.ingestion.reader import Reader
from genai_stack.features.knowledge.retrieval import stored
from genai_stack.features.knowledge.retrieval.index import Index
from genai_stack.features.knowledge.retrieval.stored import Hashed, Target
from genai_stack.features.knowledge.tables import Document, KnowledgeBase, PassageRow
from genai_stack.features.knowledge.uploads import ingestion_of
from genai_stack.infra.database.database import Database, WriteSession
from genai_stack.infra.database.scope import Scope
from genai_stack.infra.finish import finish_even_if_cancelled
from genai_stack.infra.queue.queue import Job, Queue
from genai_stack.infra.telemetry import logs, metrics
from genai_stack.integrations.embedding.embedder import Embedder
from genai_stack.integrations.parsing.language import is_foreign
from genai_stack.integrations.parsing.pages import ReadingLimits

BATCH = 64  # passages that are embedded and committed together
IN_FLIGHT = 3  # batches that the embedder has at once
PAUSES = (1.0, 2.0, 5.0, 10.0, 20.0)  # seconds between attempts while the database is away or full; the last for ever
NOT_ENGLISH = (
    "This document does not seem to be in English, and the local embedder works for English only: passages are found "
    "by their words, hardly by their meaning. For other languages use a knowledge base with OpenAI's "
    "text-embedding-3-small, Gemini's gemini-embedding-001, or bge-m3 on Ollama."
)
REMOVED_AT_ONCE = 200  # passages of one that failed

log = structlog.get_logger(__name__)


class _GoneError(Exception):
    """The document was deleted meanwhile."""


@dataclass(frozen=True, slots=True)
class _Task:
    scope: Scope
    document_id: str
    filename: str
    knowledge_base_id: str
    embedder: EmbedderChoice
    fingerprint: str | None
    chunk_size: int
    chunk_overlap: int
    again: bool
    """An earlier attempt left passages."""


class Ingestion:
    def __init__(
        self, database: Database, index: Index, open_embedder: OpenEmbedder, limits: ReadingLimits | None = None
    ) -> None:
        self._database = database
        self._index = index
        self._open_embedder = open_embedder
        self._limits = limits or ReadingLimits()

    async def work(self, job: Job) -> None:
        """The worker of the queue "ingestion". A document that is not to be taken in (any more) is left alone."""
        with logs.about(document_id=job.id, workspace_id=job.workspace_id):
            await self._work_on(job)

    async def _work_on(self, job: Job) -> None:
        scope = Scope(job.workspace_id)
        for pause in chain(PAUSES, repeat(PAUSES[-1])):
            try:
                await self._work(scope, job.id)
            except Busy as error:
                log.warning("ingestion.delayed", reason=error.message)
                await asyncio.sleep(pause)
            else:
                return

    async def resume(self, scope: Scope, job_queue: Queue) -> None:
        """What an earlier process left unfinished, and no worker has, is taken up again."""
        async with self._database.read() as session:
            unfinished = (Document.of(scope), Document.status == PROCESSING)
            rows = await session.scalars(select(Document).where(*unfinished).order_by(Document.created_at, Document.id))
            jobs = [ingestion_of(document) for document in rows]
        await job_queue.requeue_lost("ingestion", jobs)

    async def _work(self, scope: Scope, document_id: str) -> None:
        task = await self._task(scope, document_id)
        if task is None:
            return
        began = perf_counter()
        try:
            passages = await self._take_in(task)
        except _GoneError:
            metrics.document_ended("deleted", perf_counter() - began)
        except Busy:
            raise
        except StackError as error:
            log.warning("ingestion.refused", code=error.code, reason=error.message)
            await self._ended_badly(task, error.message, began)
        except Exception:
            log.exception("ingestion.failed")
            reason = "Something went wrong while the document was being read. Delete it and try again."
            await self._ended_badly(task, reason, began)
        else:
            metrics.document_ended("ready", perf_counter() - began, passages)

    async def _ended_badly(self, task: _Task, reason: str, began: float) -> None:
        await finish_even_if_cancelled(self._fail(task, reason))
        metrics.document_ended("failed", perf_counter() - began)

    async def _task(self, scope: Scope, document_id: str) -> _Task | None:
        async with self._database.read() as session:
            found = await session.execute(
                select(Document.filename, KnowledgeBase)
                .join(KnowledgeBase, KnowledgeBase.id == Document.knowledge_base_id)
                .where(
                    Document.of(scope),
                    Document.id == document_id,
                    Document.status == PROCESSING,
                )
            )
            row = found.first()
            if row is None:
                return None
            left = select(PassageRow.id).where(PassageRow.of(scope), PassageRow.document_id == document_id)
            again = await session.scalar(left.limit(1)) is not None
        filename, base = row
        choice = EmbedderChoice.of(base.embedder)
        return _Task(
            scope, document_id, filename, base.id, choice, base.fingerprint, base.chunk_size, base.chunk_overlap, again
        )

    async def _take_in(self, task: _Task) -> int:
        """How many passages it has."""
        embedder = await self._open_embedder(task.scope, task.embedder, task.fingerprint)
        target = Target(task.scope, task.knowledge_base_id, task.document_id, await self._fixed(task, embedder))
        # Looked at before this document changes the revision: a collection that is in step needs no rebuilding then.
        self._index.refresh(task.scope, task.knowledge_base_id)
        content = await originals.read(self._database, task.scope, task.document_id)
        reader = Reader(content, task.filename, self._limits, size=task.chunk_size, overlap=task.chunk_overlap)
        async with reader.reading():
            await self._embed_all(task, target, embedder, reader)
        if not reader.cut:
            raise DocumentFailed(
                "The document has no text. If its pages are pictures, run text recognition (OCR), then upload it again."
            )
        if task.again:
            await finish_even_if_cancelled(self._remove_passages(target, first=reader.cut))
        await finish_even_if_cancelled(self._finish(task, reader))
        self._index.refresh(task.scope, task.knowledge_base_id)
        return reader.cut

    async def _fixed(self, task: _Task, embedder: Embedder) -> str:
        """The embedder's fingerprint, which must be that of the knowledge base; the first document decides it."""
        made = await embedder.fingerprint()
        fixed = await finish_even_if_cancelled(self._fix(task, made))
        if fixed is None:
            raise _GoneError
        if fixed != made:
            raise DocumentFailed(
                f"The knowledge base was embedded with {fixed}, and its embedder is {made} now: their vectors "
                "cannot be compared. Choose its former embedder, or use a new knowledge base."
            )
        return made

    async def _fix(self, task: _Task, made: str) -> str | None:
        dimensions = int(made.rpartition(":")[2])
        async with self._database.write() as session:
            # The base before the document, as everywhere: PostgreSQL would end one of two that wait for each other.
            fixed = await bases.fix_embedder(session, task.scope, task.knowledge_base_id, made, dimensions)
            await _hold(session, task)
            return fixed

    async def _embed_all(self, task: _Task, target: Target, embedder: Embedder, reader: Reader) -> None:
        """Embeds some batches ahead of the one that is written."""
        ahead: deque[tuple[Sequence[Hashed], asyncio.Task[Mapping[bytes, bytes]]]] = deque()
        seen: set[bytes] = set()
        try:
            while True:
                batch = await reader.batch(BATCH)
                if batch:
                    new = {hashed.text_hash: hashed.passage.text for hashed in batch if hashed.text_hash not in seen}
                    seen.update(new)
                    ahead.append((batch, asyncio.create_task(self._vectors(target, embedder, new))))
                while ahead and (len(ahead) == IN_FLIGHT or not batch):
                    passages, vectors = ahead.popleft()
                    made = await _of(vectors)
                    await finish_even_if_cancelled(self._write(task, target, passages, made, reader.progress(passages)))
                if not batch:
                    return
        finally:
            for _, vectors in ahead:
                vectors.cancel()
            await asyncio.gather(*(vectors for _, vectors in ahead), return_exceptions=True)

    async def _vectors(self, target: Target, embedder: Embedder, texts: Mapping[bytes, str]) -> Mapping[bytes, bytes]:
        async with self._database.read() as session:
            vectors = await stored.known_vectors(session, target.scope, target.fingerprint, texts)
        missing = [text_hash for text_hash in texts if text_hash not in vectors]
        if missing:
            made = await embedder.embed([texts[text_hash] for text_hash in missing], purpose="passage")
            vectors.update(zip(missing, made, strict=True))
        return vectors

    async def _write(
        self,
        task: _Task,
        target: Target,
        passages: Sequence[Hashed],
        vectors: Mapping[bytes, bytes],
        progress: float,
    ) -> None:
        async with self._database.write() as session:
            await bases.lock_base(session, target.scope, target.knowledge_base_id)
            await _hold(session, task, progress=progress)
            await stored.put(session, target, passages, vectors, again=task.again)

    async def _finish(self, task: _Task, reader: Reader) -> None:
        """The one commit with which the document is there, whole."""
        content = reader.content()
        async with self._database.write() as session:
            await bases.bump_revision(session, task.scope, task.knowledge_base_id)
            passages = (PassageRow.of(task.scope), PassageRow.document_id == task.document_id)
            written = await session.scalar(select(func.count()).select_from(PassageRow).where(*passages))
            if written != reader.cut:
                raise StackError("Passages of the document were lost while it was being read. Delete it and try again.")
            await _hold(
                session,
                task,
                status=READY,
                progress=1.0,
                content=content,
                page_starts=reader.page_starts,
                pages=len(reader.page_starts) or None,
                chunks=reader.cut,
                kind=reader.kind,
                meta=_metadata(reader, task.embedder, content),
            )

    async def _fail(self, task: _Task, reason: str) -> None:
        async with self._database.read() as session:
            base = select(KnowledgeBase.fingerprint).where(
                KnowledgeBase.of(task.scope), KnowledgeBase.id == task.knowledge_base_id
            )
            fingerprint = await session.scalar(base)
        with contextlib.suppress(_GoneError):
            target = Target(task.scope, task.knowledge_base_id, task.document_id, fingerprint or "")
            await self._remove_passages(target, first=0)
            async with self._database.write() as session:
                await _hold(session, task, status=FAILED, error=reason)

    async def _remove_passages(self, target: Target, *, first: int) -> None:
        removed = REMOVED_AT_ONCE
        while removed == REMOVED_AT_ONCE:
            async with self._database.write() as session:
                removed = await stored.remove(
                    session, target.scope, target.fingerprint, target.document_id, first=first, limit=REMOVED_AT_ONCE
                )


def _metadata(reader: Reader, embedder: EmbedderChoice, content: str) -> dict[str, Any]:
    made = reader.metadata()
    if embedder.provider == "local" and is_foreign(content):
        made["warnings"] = [*(made.get("warnings") or ()), NOT_ENGLISH]
    return made


async def _hold(session: WriteSession, task: _Task, **values: object) -> None:
    """Nothing is written for a document that was deleted; until the commit it stays."""
    processing = (
        Document.of(task.scope),
        Document.id == task.document_id,
        Document.status == PROCESSING,
    )
    change = update(Document).where(*processing).values(values or {"status": PROCESSING})
    result = await session.execute(change, execution_options={"synchronize_session": False})
    if cast("CursorResult[Any]", result).rowcount != 1:
        raise _GoneError


async def _of(vectors: asyncio.Task[Mapping[bytes, bytes]]) -> Mapping[bytes, bytes]:
    try:
        return await vectors
    except asyncio.CancelledError:
        vectors.cancel()
        raise
