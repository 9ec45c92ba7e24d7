"""Documents, as rows. One that is still being uploaded, or already being deleted, is not there."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import undefer

from genai_stack.errors import NotFound
from genai_stack.features.knowledge import bases
from genai_stack.features.knowledge.tables import Document
from genai_stack.infra.database.columns import Moment
from genai_stack.infra.database.database import ReadSession, Transaction, WriteSession
from genai_stack.infra.database.listing import page_of
from genai_stack.infra.database.row_counts import row_count
from genai_stack.infra.database.scope import Scope

UPLOADING, PROCESSING, READY, FAILED, DELETING = "uploading", "processing", "ready", "failed", "deleting"
SEEN = (PROCESSING, READY, FAILED)


async def find(session: ReadSession, scope: Scope, document_id: str, *, with_text: bool = False) -> Document:
    query = select(Document).where(*_seen(scope), Document.id == document_id)
    if with_text:
        query = query.options(undefer(Document.content), undefer(Document.page_starts))
    document = await session.scalar(query)
    if document is None:
        raise NotFound("There is no such document.")
    return document


async def listed(
    session: ReadSession, scope: Scope, knowledge_base_id: str, skip: int, limit: int, *, newest_first: bool = False
) -> tuple[Sequence[Document], int]:
    """In the order in which they came, or the newest first; and how many there are."""
    there = (*_seen(scope), Document.knowledge_base_id == knowledge_base_id)
    total = await row_count(session, scope, knowledge_base_id, "documents")
    query, keys = select(Document).where(*there), (Document.created_at, Document.id)
    return await page_of(session, query, keys, total, skip, limit, descending=newest_first), total


async def soft_delete(session: WriteSession, scope: Scope, document_id: str) -> Document:
    """Nobody sees or finds it from the commit on; the removal then takes its rows away, in pieces."""
    document = await find(session, scope, document_id)
    await bases.bump_revision(session, scope, document.knowledge_base_id)
    document.status, document.workflow_id = DELETING, None
    await session.flush()
    return document


_in_work = select(func.count(), func.min(Document.created_at, type_=Moment())).where(Document.status == PROCESSING)


def in_work(transaction: Transaction) -> tuple[int, datetime | None]:
    """Of all workspaces: how many documents are not taken in yet, and when the oldest came."""
    count, oldest = transaction.execute(_in_work).one()
    return count, oldest


def _seen(scope: Scope) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return Document.of(scope), Document.status.in_(SEEN)
