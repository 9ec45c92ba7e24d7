"""Copies of knowledge bases: documents, originals and passages. Vectors are shared, so nothing is embedded again."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from sqlalchemy import func, insert, literal, select, update

from genai_stack.features.knowledge import bases, documents, originals
from genai_stack.features.knowledge.bases import COPYING
from genai_stack.features.knowledge.deletion import Deletion
from genai_stack.features.knowledge.documents import DELETING, PROCESSING, READY, UPLOADING
from genai_stack.features.knowledge.retrieval import stored
from genai_stack.features.knowledge.retrieval.index import Index
from genai_stack.features.knowledge.retrieval.stored import Hashed, Target
from genai_stack.features.knowledge.tables import Document, KnowledgeBase, OriginalPiece, PassageRow
from genai_stack.features.knowledge.uploads import ingestion_of
from genai_stack.infra.database.columns import new_id, now
from genai_stack.infra.database.database import Database, WriteSession
from genai_stack.infra.database.scope import Scope
from genai_stack.infra.finish import finish_even_if_cancelled
from genai_stack.infra.queue.queue import Queue
from genai_stack.integrations.parsing.passages import TextChunk

PASSAGES_PER_COMMIT = 200
DOCUMENTS_PER_QUERY = 500


@dataclass(frozen=True, slots=True)
class Source:
    """The document that a copy is made of, as it was when the copy began."""

    id: str
    status: str
    chunks: int | None


@dataclass(frozen=True, slots=True)
class BaseCopy:
    """A copy that nobody sees until it is published. `documents`: the source of each copy, by the copy's id."""

    scope: Scope
    base_id: str
    documents: dict[str, Source]


class Copies:
    def __init__(self, database: Database, job_queue: Queue, deletion: Deletion, index: Index) -> None:
        self._database = database
        self._queue = job_queue
        self._deletion = deletion
        self._index = index

    async def make(self, scope: Scope, base_id: str, name: str) -> BaseCopy:
        """In short transactions, so that a large copy holds nobody up. Raises NotFound."""
        copy = await finish_even_if_cancelled(self._begin(scope, base_id, name))
        try:
            for document_id, source in list(copy.documents.items()):
                if not await finish_even_if_cancelled(self._copy_row(copy, source.id, document_id)):
                    del copy.documents[document_id]
                    continue
                await self._copy_pieces(scope, source.id, document_id)
                if source.status == READY:
                    await self._copy_passages(copy, source.id, document_id)
        except BaseException:
            await finish_even_if_cancelled(self.undo(copy))
            raise
        return copy

    async def undo(self, copy: BaseCopy) -> None:
        await self._deletion.undo_copy(copy.scope, copy.base_id)

    async def publish(self, session: WriteSession, copy: BaseCopy, workflow_id: str) -> None:
        """From the commit on it is the workflow's own. What was deleted from the source meanwhile is left out."""
        scope = copy.scope
        base = (KnowledgeBase.of(scope), KnowledgeBase.id == copy.base_id)
        await session.execute(update(KnowledgeBase).where(*base).values(workflow_id=workflow_id, revision=1))
        for document_id, source in copy.documents.items():
            document = await session.get_one(Document, document_id)
            if not await _is_whole(session, scope, document_id, source):
                document.status = DELETING
                continue
            document.status, document.workflow_id = source.status, workflow_id
            if source.status == PROCESSING:
                await session.take_part(partial(self._queue.submit, job=ingestion_of(document)))
        await session.flush()

    async def published(self, copy: BaseCopy) -> None:
        """After the commit: the index follows in the background, and what was left out is removed."""
        self._index.refresh(copy.scope, copy.base_id)
        await self._deletion.sweep(copy.scope, patience=0)

    async def _begin(self, scope: Scope, base_id: str, name: str) -> BaseCopy:
        async with self._database.write() as session:
            source = await bases.find(session, scope, base_id)
            made = KnowledgeBase(
                id=new_id(),
                workspace_id=scope.workspace_id,
                name=name,
                embedder=source.embedder,
                fingerprint=source.fingerprint,
                dimensions=source.dimensions,
                chunk_size=source.chunk_size,
                chunk_overlap=source.chunk_overlap,
                revision=COPYING,
            )
            session.add(made)
            await session.flush()
            found = await _every(session, scope, base_id)
        copies = {new_id(): Source(document.id, document.status, document.chunks) for document in found}
        return BaseCopy(scope, made.id, copies)

    async def _copy_row(self, copy: BaseCopy, source_id: str, document_id: str) -> bool:
        """As one that is still being uploaded, so that nobody sees it. False where the source was deleted meanwhile."""
        columns = Document.__table__.columns
        changed = {
            "id": document_id,
            "knowledge_base_id": copy.base_id,
            "workflow_id": None,
            "status": UPLOADING,
            "created_at": now(),
        }
        wanted = (Document.of(copy.scope), Document.id == source_id)
        copied = select(
            *(literal(changed[one.name], one.type) if one.name in changed else one for one in columns)
        ).where(*wanted, Document.status.in_(documents.SEEN))
        async with self._database.write() as session:
            row = insert(Document).from_select([one.name for one in columns], copied).returning(Document.id)
            return await session.scalar(row) is not None

    async def _copy_pieces(self, scope: Scope, source_id: str, document_id: str) -> None:
        first, copied = 0, originals.AT_ONCE
        while copied == originals.AT_ONCE:
            copied = await finish_even_if_cancelled(self._copy_some_pieces(scope, source_id, document_id, first))
            first += copied

    async def _copy_some_pieces(self, scope: Scope, source_id: str, document_id: str, first: int) -> int:
        wanted = (OriginalPiece.of(scope), OriginalPiece.document_id == source_id)
        query = select(OriginalPiece.number, OriginalPiece.content).where(*wanted, OriginalPiece.number >= first)
        async with self._database.write() as session:
            rows = await session.execute(query.order_by(OriginalPiece.number).limit(originals.AT_ONCE))
            pieces = [content for _, content in rows]
            if pieces:
                await originals.append(session, scope, document_id, first, pieces)
        return len(pieces)

    async def _copy_passages(self, copy: BaseCopy, source_id: str, document_id: str) -> None:
        after, copied = -1, PASSAGES_PER_COMMIT
        while copied == PASSAGES_PER_COMMIT:
            some = self._copy_some_passages(copy, source_id, document_id, after)
            copied, after = await finish_even_if_cancelled(some)

    async def _copy_some_passages(
        self, copy: BaseCopy, source_id: str, document_id: str, after: int
    ) -> tuple[int, int]:
        """How many it were, and the last position. Meanwhile no vector of the workspace is removed."""
        wanted = (PassageRow.of(copy.scope), PassageRow.document_id == source_id)
        query = select(PassageRow).where(*wanted, PassageRow.position > after).order_by(PassageRow.position)
        async with self._database.write() as session:
            await stored.lock_workspace(session, copy.scope)
            rows = await session.scalars(query.limit(PASSAGES_PER_COMMIT))
            passages = [Hashed(TextChunk(row.position, row.page, row.text), row.text_hash) for row in rows]
            if passages:
                target = Target(copy.scope, copy.base_id, document_id, "")
                await stored.put(session, target, passages, {}, again=False)
        return len(passages), passages[-1].passage.position if passages else after


async def _every(session: WriteSession, scope: Scope, base_id: str) -> Sequence[Document]:
    found: list[Document] = []
    while True:
        some, total = await documents.listed(session, scope, base_id, len(found), DOCUMENTS_PER_QUERY)
        found += some
        if not some or len(found) >= total:
            return found


async def _is_whole(session: WriteSession, scope: Scope, document_id: str, source: Source) -> bool:
    if source.status != READY:
        return True
    mine = (PassageRow.of(scope), PassageRow.document_id == document_id)
    return await session.scalar(select(func.count()).select_from(PassageRow).where(*mine)) == source.chunks
