"""Pruning of old versions of workflows that no run used."""

import asyncio
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select

from genai_stack.features.runs.tables import Run
from genai_stack.features.workflows.tables import WorkflowVersion
from genai_stack.infra.database.columns import now
from genai_stack.infra.database.database import Database, WriteSession

UNPRUNED_AGE = timedelta(days=1)  # younger versions are all kept
PRUNED_TO_SECONDS = 600  # of older ones that no run used, the last of each ten minutes is kept
PAUSE_SECONDS = 0.01  # after each transaction, for what others have to write

_with_several = select(WorkflowVersion.workflow_id).group_by(WorkflowVersion.workflow_id).having(func.count() > 1)


async def prune_all(database: Database) -> None:
    """Prunes the versions of every workflow, in all workspaces."""
    async with database.read_much() as session:
        workflow_ids = (await session.scalars(_with_several)).all()
    for workflow_id in workflow_ids:
        async with database.write() as session:
            await prune(session, workflow_id)
        await asyncio.sleep(PAUSE_SECONDS)


async def prune(session: WriteSession, workflow_id: str) -> None:
    """Of old versions that no run used, one for each ten minutes stays."""
    used = select(Run.version).where(Run.workflow_id == workflow_id)
    old = await session.execute(
        select(WorkflowVersion.version, WorkflowVersion.created_at)
        .where(
            WorkflowVersion.workflow_id == workflow_id,
            WorkflowVersion.created_at < now() - UNPRUNED_AGE,
            WorkflowVersion.version.not_in(used),
        )
        .order_by(WorkflowVersion.version)
    )
    superfluous = _superfluous([(row.version, row.created_at) for row in old])
    if superfluous:
        await session.execute(
            delete(WorkflowVersion).where(
                WorkflowVersion.workflow_id == workflow_id, WorkflowVersion.version.in_(superfluous)
            )
        )


def _superfluous(old: list[tuple[int, datetime]]) -> list[int]:
    """All but the last version of each ten minutes."""
    last = {int(at.timestamp() // PRUNED_TO_SECONDS): number for number, at in old}
    return sorted({number for number, _ in old} - set(last.values()))
