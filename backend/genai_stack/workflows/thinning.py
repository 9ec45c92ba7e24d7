"""Old versions are thinned where nobody saves any more, too."""

import asyncio

from sqlalchemy import func, select

from genai_stack.storage.database import Database
from genai_stack.storage.tables import WorkflowVersion
from genai_stack.workflows import store

PAUSE = 0.01  # seconds after each transaction, for what others have to write

_saved_again = select(WorkflowVersion.workflow_id).group_by(WorkflowVersion.workflow_id).having(func.count() > 1)


async def thin_all(database: Database) -> None:
    """Of all workspaces."""
    async with database.read_much() as session:
        workflow_ids = (await session.scalars(_saved_again)).all()
    for workflow_id in workflow_ids:
        async with database.write() as session:
            await store.thin(session, workflow_id)
        await asyncio.sleep(PAUSE)
