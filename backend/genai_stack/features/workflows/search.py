"""Search of workflows: by a part of their name or description, and by tag; as fast among many as among few."""

from typing import Any

from sqlalchemy import ColumnElement, Select, column, exists, func, literal_column, select, table
from sqlalchemy.orm import InstrumentedAttribute, defer

from genai_stack.features.workflows.tables import Workflow, WorkflowTag
from genai_stack.infra.database.database import ReadSession
from genai_stack.infra.database.listing import page_of
from genai_stack.infra.database.row_counts import row_count
from genai_stack.infra.database.scope import Scope

ORDERS: dict[str, InstrumentedAttribute[Any]] = {
    "name": Workflow.name_key,
    "created_at": Workflow.created_at,
    "updated_at": Workflow.updated_at,
}
TRIGRAM_CHARACTERS = 3  # shorter words are in no index
SORTED_ROWS = 250  # so many matches are sorted; those of a page among more are soon met in the list's own order

# Made by migration 0009: FTS5 with trigrams on SQLite, a GIN index over `trigrams(…)` on PostgreSQL.
_numbers = table("workflow_numbers", column("number"), column("workflow_id"), column("workspace_id"))
_trigrams = table("workflow_trigrams", column("rowid"))


async def search(
    session: ReadSession, scope: Scope, words: str, skip: int, limit: int, *, tag: str = "", sort: str = "-updated_at"
) -> tuple[list[Workflow], int]:
    """Those whose name or description contains `words`, without their graphs, and how many.

    `sort`: one of `ORDERS`, “-” before it: down.
    """
    total = await _count(session, scope, words, tag)
    query = select(Workflow).where(Workflow.of(scope)).options(defer(Workflow.configuration))
    if (words or tag) and total <= SORTED_ROWS:
        few = _ids(session, scope, words, tag).limit(SORTED_ROWS).subquery()
        query = query.join(few, few.c.id == Workflow.id)
    elif words or tag:
        query = query.where(*_conditions(scope, words, tag))
    keys = (ORDERS[sort.removeprefix("-")], Workflow.id)
    return await page_of(session, query, keys, total, skip, limit, descending=sort.startswith("-")), total


async def _count(session: ReadSession, scope: Scope, words: str, tag: str) -> int:
    if words:
        found = _ids(session, scope, words, tag).subquery()
        return await session.scalar(select(func.count()).select_from(found)) or 0
    if tag:
        return await row_count(session, scope, scope.workspace_id, "tagged", tag)
    return await row_count(session, scope, scope.workspace_id, "workflows")


def _ids(session: ReadSession, scope: Scope, words: str, tag: str) -> Select[str]:
    """The ids of the matches, found by an index."""
    if not words:
        return select(WorkflowTag.workflow_id.label("id")).where(WorkflowTag.of(scope), WorkflowTag.tag == tag)
    in_index = len(words) >= TRIGRAM_CHARACTERS
    if in_index and session.get_bind().dialect.name == "sqlite":
        phrase = '"' + words.replace('"', '""') + '"'
        rows = select(_trigrams.c.rowid).where(literal_column("workflow_trigrams").match(phrase))
        ids = select(_numbers.c.workflow_id.label("id")).where(
            _numbers.c.workspace_id == scope.workspace_id, _numbers.c.number.in_(rows)
        )
        return ids.where(_has_tag(scope, tag, _numbers.c.workflow_id)) if tag else ids
    ids = select(Workflow.id.label("id")).where(Workflow.of(scope), *_conditions(scope, words, tag))
    if in_index:
        text = Workflow.name + func.chr(10) + Workflow.description
        ids = ids.where(func.trigrams(text).op("@>")(func.trigrams(words)))
    return ids


def _conditions(scope: Scope, words: str, tag: str) -> list[ColumnElement[bool]]:
    """Whether a workflow is a match, asked of each."""
    conditions: list[ColumnElement[bool]] = []
    if words:
        contains = (part.icontains(words, autoescape=True) for part in (Workflow.name, Workflow.description))
        conditions.append(next(contains) | next(contains))
    if tag:
        conditions.append(_has_tag(scope, tag, Workflow.id))
    return conditions


def _has_tag(
    scope: Scope, tag: str, workflow_id: ColumnElement[str] | InstrumentedAttribute[str]
) -> ColumnElement[bool]:
    return exists().where(WorkflowTag.workflow_id == workflow_id, WorkflowTag.tag == tag, WorkflowTag.of(scope))
