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
COUNTED_BY_INDEX = 2_000  # so many matches are counted by the index of trigrams; to look at each is quicker for more
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
        query = query.where(*_conditions(session, scope, words, tag))
    keys = (ORDERS[sort.removeprefix("-")], Workflow.id)
    return await page_of(session, query, keys, total, skip, limit, descending=sort.startswith("-")), total


async def _count(session: ReadSession, scope: Scope, words: str, tag: str) -> int:
    if words:
        if len(words) >= TRIGRAM_CHARACTERS:
            count = await _rows(session, _ids(session, scope, words, tag).limit(COUNTED_BY_INDEX))
            if count < COUNTED_BY_INDEX:
                return count
        return await _rows(session, _each(session, scope, words, tag))
    if tag:
        return await row_count(session, scope, scope.workspace_id, "tagged", tag)
    return await row_count(session, scope, scope.workspace_id, "workflows")


async def _rows(session: ReadSession, query: Select[str]) -> int:
    return await session.scalar(select(func.count()).select_from(query.subquery())) or 0


def _ids(session: ReadSession, scope: Scope, words: str, tag: str) -> Select[str]:
    """The ids of the matches, found by an index."""
    if not words:
        return select(WorkflowTag.workflow_id.label("id")).where(WorkflowTag.of(scope), WorkflowTag.tag == tag)
    in_index = len(words) >= TRIGRAM_CHARACTERS
    if in_index and _on_sqlite(session):
        phrase = '"' + words.replace('"', '""') + '"'
        matches = _trigrams.join(_numbers, _numbers.c.number == _trigrams.c.rowid)
        ids = select(_numbers.c.workflow_id.label("id")).select_from(matches)
        ids = ids.where(
            literal_column("workflow_trigrams").match(phrase), _numbers.c.workspace_id == scope.workspace_id
        )
        return ids.where(_has_tag(scope, tag, _numbers.c.workflow_id)) if tag else ids
    ids = _each(session, scope, words, tag)
    if in_index:
        text = Workflow.name + func.chr(10) + Workflow.description
        ids = ids.where(func.trigrams(text).op("@>")(func.trigrams(words)))
    return ids


def _each(session: ReadSession, scope: Scope, words: str, tag: str) -> Select[str]:
    """The ids of the matches, found by a look at each workflow."""
    return select(Workflow.id.label("id")).where(Workflow.of(scope), *_conditions(session, scope, words, tag))


def _conditions(session: ReadSession, scope: Scope, words: str, tag: str) -> list[ColumnElement[bool]]:
    """Whether a workflow is a match, asked of each."""
    conditions: list[ColumnElement[bool]] = []
    if words:
        position = func.instr if _on_sqlite(session) else func.strpos
        conditions.append(position(Workflow.search_key, words.lower()) > 0)
    if tag:
        conditions.append(_has_tag(scope, tag, Workflow.id))
    return conditions


def _on_sqlite(session: ReadSession) -> bool:
    return session.get_bind().dialect.name == "sqlite"


def _has_tag(
    scope: Scope, tag: str, workflow_id: ColumnElement[str] | InstrumentedAttribute[str]
) -> ColumnElement[bool]:
    return exists().where(WorkflowTag.workflow_id == workflow_id, WorkflowTag.tag == tag, WorkflowTag.of(scope))
