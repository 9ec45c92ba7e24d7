"""Row counts: how many rows each list has, kept by triggers in the transaction that changes them."""

from sqlalchemy import func, select
from sqlalchemy.orm import Mapped, mapped_column

from genai_stack.infra.database.columns import Id
from genai_stack.infra.database.database import ReadSession
from genai_stack.infra.database.scope import Scope
from genai_stack.infra.database.table import WorkspaceTable


class RowCount(WorkspaceTable):
    """How many rows of a `kind` belong to an owner: a workspace, workflow, conversation or knowledge base.

    A list may have parts, such as the stacks with each tag. The count is the sum over the slots: on PostgreSQL each
    connection counts in one of its own, so that none waits for another's commit. Migration 0009 has the triggers.
    """

    __tablename__ = "row_counts"
    workspace_id: Mapped[str] = mapped_column(Id, primary_key=True)
    owner_id: Mapped[str] = mapped_column(Id, primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    part: Mapped[str] = mapped_column(primary_key=True)
    slot: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    count: Mapped[int]


async def row_count(session: ReadSession, scope: Scope, owner_id: str, kind: str, part: str | None = None) -> int:
    """How many rows the list has; with `part` None, in all its parts."""
    counted = [RowCount.of(scope), RowCount.owner_id == owner_id, RowCount.kind == kind]
    if part is not None:
        counted.append(RowCount.part == part)
    return int(await session.scalar(select(func.sum(RowCount.count)).where(*counted)) or 0)
