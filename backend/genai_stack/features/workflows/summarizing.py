"""Summaries for the graphs that have none yet: those that were saved under another catalog of node types."""

import asyncio

from sqlalchemy import or_, select

from genai_stack.engine.catalog import Catalog
from genai_stack.engine.graph import Graph
from genai_stack.features.workflows import validation
from genai_stack.features.workflows.tables import Workflow
from genai_stack.infra.database.database import Database
from genai_stack.infra.database.scope import Scope

WORKFLOWS_PER_COMMIT = 20
PAUSE_SECONDS = 0.01  # after each transaction, for what others have to write


async def summarize_all(database: Database, catalog: Catalog) -> int:
    """In all workspaces; how many graphs there were."""
    current = catalog.fingerprint
    stale = or_(Workflow.summary_catalog < current, Workflow.summary_catalog > current)  # an index finds these
    count = 0
    while True:
        async with database.write() as session:
            query = select(Workflow).where(stale).limit(WORKFLOWS_PER_COMMIT).with_for_update(skip_locked=True)
            found = (await session.scalars(query)).all()
            for workflow in found:
                graph = Graph.model_validate(workflow.configuration)
                outcome = await validation.validated(session, Scope(workflow.workspace_id), catalog, graph)
                validation.keep(workflow, catalog, outcome.summary)
        count += len(found)
        if len(found) < WORKFLOWS_PER_COMMIT:
            return count
        await asyncio.sleep(PAUSE_SECONDS)
