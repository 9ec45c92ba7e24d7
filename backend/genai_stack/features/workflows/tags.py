"""Tags of workflows: set, read and counted."""

from collections.abc import Iterable, Sequence

from sqlalchemy import delete, func, insert, select

from genai_stack.errors import Invalid
from genai_stack.features.workflows.tables import WorkflowTag
from genai_stack.infra.database.database import ReadSession, WriteSession
from genai_stack.infra.database.row_counts import RowCount
from genai_stack.infra.database.scope import Scope

MOST_TAGS = 20  # of one workflow
LONGEST_TAG = 50  # characters


def clean(tags: Iterable[str]) -> list[str]:
    """Without surrounding blanks and repetitions, whatever their case. Raises Invalid."""
    kept = {tag.casefold(): tag for tag in reversed([" ".join(tag.split()) for tag in tags]) if tag}
    if len(kept) > MOST_TAGS:
        raise Invalid(f"A stack can have at most {MOST_TAGS} tags. Remove {len(kept) - MOST_TAGS}.")
    for tag in kept.values():
        if len(tag) > LONGEST_TAG or "," in tag:
            raise Invalid(f"The tag “{tag[:80]}” can't be used: tags have at most {LONGEST_TAG} characters, no commas.")
    return sorted(kept.values(), key=str.casefold)


async def replace(session: WriteSession, scope: Scope, workflow_id: str, tags: Iterable[str]) -> None:
    rows = [{"workflow_id": workflow_id, "workspace_id": scope.workspace_id, "tag": tag} for tag in clean(tags)]
    of_it = (WorkflowTag.of(scope), WorkflowTag.workflow_id == workflow_id)
    await session.execute(delete(WorkflowTag).where(*of_it))
    if rows:
        await session.execute(insert(WorkflowTag), rows)


async def of(session: ReadSession, scope: Scope, workflow_ids: Sequence[str]) -> dict[str, list[str]]:
    """The tags of each workflow that has some, in alphabetical order."""
    rows = await session.execute(
        select(WorkflowTag.workflow_id, WorkflowTag.tag).where(
            WorkflowTag.of(scope), WorkflowTag.workflow_id.in_(workflow_ids)
        )
    )
    found: dict[str, list[str]] = {}
    for workflow_id, tag in sorted(rows, key=lambda row: row.tag.casefold()):
        found.setdefault(workflow_id, []).append(tag)
    return found


async def counted(session: ReadSession, scope: Scope, skip: int, limit: int) -> tuple[list[tuple[str, int]], int]:
    """Each tag with the number of workflows that have it, in alphabetical order; and how many tags there are."""
    uses = func.sum(RowCount.count)
    counted = (
        select(RowCount.part, uses)
        .where(RowCount.of(scope), RowCount.owner_id == scope.workspace_id, RowCount.kind == "tagged")
        .group_by(RowCount.part)
        .having(uses > 0)
    )
    total = await session.scalar(select(func.count()).select_from(counted.subquery()))
    rows = await session.execute(counted.order_by(func.lower(RowCount.part), RowCount.part).offset(skip).limit(limit))
    return [(tag, int(count)) for tag, count in rows], total or 0
