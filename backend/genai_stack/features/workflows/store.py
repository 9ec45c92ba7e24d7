"""Saved graphs: found, saved, versioned, removed."""

import json
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, cast

from sqlalchemy import delete, insert, select

from genai_stack.errors import NotFound, Stale
from genai_stack.features.knowledge import bases
from genai_stack.features.knowledge.tables import KnowledgeBase
from genai_stack.features.workflows.tables import Workflow, WorkflowVersion, search_key
from genai_stack.infra.database.columns import now
from genai_stack.infra.database.database import ReadSession, WriteSession
from genai_stack.infra.database.listing import page_of
from genai_stack.infra.database.row_counts import row_count
from genai_stack.infra.database.scope import Scope


async def add(
    session: WriteSession, scope: Scope, name: str, description: str, configuration: dict[str, Any]
) -> Workflow:
    moment = now()
    workflow = Workflow(
        workspace_id=scope.workspace_id,
        name=name,
        description=description,
        configuration=configuration,
        version=1,
        created_at=moment,
        updated_at=moment,
    )
    session.add(workflow)
    await session.flush()
    await _keep_version(session, workflow)
    return workflow


async def get(session: ReadSession, scope: Scope, workflow_id: str) -> Workflow:
    workflow = await session.scalar(select(Workflow).where(Workflow.id == workflow_id, Workflow.of(scope)))
    if workflow is None:
        raise NotFound("There is no stack with this id.")
    return workflow


async def replace(
    session: WriteSession,
    scope: Scope,
    workflow_id: str,
    name: str,
    description: str,
    configuration: dict[str, Any],
    expected: int | None,
) -> Workflow:
    """Save as the next version; the same version stays when nothing is different. `expected` is what was edited."""
    await session.execute(select(Workflow.id).where(Workflow.id == workflow_id, Workflow.of(scope)).with_for_update())
    workflow = await get(session, scope, workflow_id)
    if expected is not None and expected != workflow.version:
        raise Stale(
            f"This stack was changed elsewhere: you edited version {expected}, and the newest is "
            f"{workflow.version}. Nothing was saved. Load the newest version and apply your change to it."
        )
    same_words = (workflow.name, workflow.description) == (name, description)
    if same_words and _canonical(workflow.configuration) == _canonical(configuration):
        return workflow
    if workflow.name != name:
        await bases.rename_own(session, scope, workflow_id, name)
    workflow.name, workflow.name_key, workflow.search_key = name, name.lower(), search_key(name, description)
    workflow.description, workflow.configuration = description, configuration
    workflow.summary, workflow.summary_catalog = None, ""
    workflow.version += 1
    workflow.updated_at = now()
    await session.flush()
    await _keep_version(session, workflow)
    return workflow


async def remove(session: WriteSession, scope: Scope, workflow_id: str) -> None:
    """With all that belongs to it: versions, runs, sessions, its own knowledge base and documents."""
    await get(session, scope, workflow_id)
    await session.execute(delete(Workflow).where(Workflow.id == workflow_id, Workflow.of(scope)))


async def versions(
    session: ReadSession, scope: Scope, workflow_id: str, skip: int, limit: int
) -> tuple[Sequence[WorkflowVersion], int]:
    """Newest first, and how many there are."""
    await get(session, scope, workflow_id)
    of_it = (WorkflowVersion.workflow_id == workflow_id, WorkflowVersion.of(scope))
    total = await row_count(session, scope, workflow_id, "versions")
    query, keys = select(WorkflowVersion).where(*of_it), (WorkflowVersion.version,)
    return await page_of(session, query, keys, total, skip, limit, descending=True), total


async def version(session: ReadSession, scope: Scope, workflow_id: str, number: int) -> WorkflowVersion:
    found = await session.scalar(
        select(WorkflowVersion).where(
            WorkflowVersion.workflow_id == workflow_id,
            WorkflowVersion.version == number,
            WorkflowVersion.of(scope),
        )
    )
    if found is None:
        raise NotFound(
            "This stack has no such version, or it was deleted: of old versions that no run used, only some are kept."
        )
    return found


async def own_knowledge_bases(session: ReadSession, scope: Scope, workflow_ids: Sequence[str]) -> dict[str, str]:
    """The id of the knowledge base that each workflow owns, for those that own one."""
    rows = await session.execute(
        select(KnowledgeBase.workflow_id, KnowledgeBase.id).where(
            KnowledgeBase.workflow_id.in_(workflow_ids), KnowledgeBase.of(scope)
        )
    )
    return {str(row.workflow_id): row.id for row in rows}


def _canonical(configuration: dict[str, Any]) -> str:
    """Tells 1 from true, which Python's equality does not; 1.0 and 1e0 are 1, as in every JSON."""
    return json.dumps(_numbered(configuration), sort_keys=True)


def _numbered(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _numbered(part) for name, part in cast("dict[str, Any]", value).items()}
    if isinstance(value, list):
        return [_numbered(part) for part in cast("list[Any]", value)]
    if isinstance(value, float) and value.is_integer():
        return int(Decimal(repr(value)))
    return value


async def _keep_version(session: WriteSession, workflow: Workflow) -> None:
    row = {
        "workflow_id": workflow.id,
        "version": workflow.version,
        "workspace_id": workflow.workspace_id,
        "name": workflow.name,
        "description": workflow.description,
        "configuration": workflow.configuration,
        "created_at": workflow.updated_at,
    }
    await session.execute(insert(WorkflowVersion).values(row))
