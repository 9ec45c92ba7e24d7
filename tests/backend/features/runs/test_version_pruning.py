"""Versions of a workflow that no run used are pruned after a day."""

from datetime import timedelta

from sqlalchemy import update

from genai_stack.features.runs import store as records
from genai_stack.features.runs.version_pruning import prune_all
from genai_stack.features.workflows import store
from genai_stack.features.workflows.tables import WorkflowVersion
from genai_stack.features.workspaces.tables import Workspace
from genai_stack.infra.database.columns import now
from genai_stack.infra.database.database import Database
from genai_stack.infra.database.scope import THE_WORKSPACE


async def test_versions_without_a_run_are_pruned_to_one_for_each_ten_minutes(database: Database) -> None:
    async with database.write() as session:
        if await session.get(Workspace, THE_WORKSPACE.workspace_id) is None:
            session.add(Workspace(id=THE_WORKSPACE.workspace_id, name="Workspace"))
            await session.flush()
        workflow = await store.add(session, THE_WORKSPACE, "v1", "", {"nodes": []})
        for number in range(2, 9):
            await store.replace(session, THE_WORKSPACE, workflow.id, f"v{number}", "", {"nodes": []}, None)
        # Four a minute apart in one ten minutes, three in the next; the eighth is of today.
        start = now().replace(minute=0, second=0, microsecond=0) - timedelta(days=2)
        for number, minute in zip(range(1, 8), (0, 1, 2, 3, 11, 12, 13), strict=True):
            moment = start + timedelta(minutes=minute)
            one = (WorkflowVersion.workflow_id == workflow.id, WorkflowVersion.version == number)
            await session.execute(update(WorkflowVersion).where(*one).values(created_at=moment))
    new = records.NewRun(workflow.id, 2, "asked of version 2")
    await database.run_write(lambda transaction: records.add(transaction, THE_WORKSPACE, new))
    async with database.write() as session:
        await store.replace(session, THE_WORKSPACE, workflow.id, "v9", "", {"nodes": []}, None)
    await prune_all(database)
    async with database.read() as session:
        kept, total = await store.versions(session, THE_WORKSPACE, workflow.id, 0, 50)
    assert [version.version for version in kept] == [9, 8, 7, 4, 2]
    assert total == 5
