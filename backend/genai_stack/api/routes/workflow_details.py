"""Name, description and tags of a workflow, and its duplicates."""

from fastapi import Response
from pydantic import BaseModel, Field

from genai_stack.api.http.dependencies import Deps
from genai_stack.api.http.models import Asked, Id, Page, Pages100
from genai_stack.api.http.routing import CurrentScope, Policy, Router
from genai_stack.api.routes.workflows import WorkflowOut, saved_out, workflow_out
from genai_stack.engine import graph
from genai_stack.features.workflows import store, tags

router = Router(Policy.WORKSPACE, tag="workflows", prefix="/workflows")


class WorkflowChange(Asked):
    """What is left out stays as it is."""

    name: str | None = Field(None, min_length=1, max_length=200)
    description: str | None = Field(None, max_length=10_000)
    tags: list[str] | None = Field(None, max_length=100)


class WorkflowCopy(Asked):
    name: str | None = Field(None, min_length=1, max_length=200, description="By default its name with “(copy)”.")


class TagOut(BaseModel):
    tag: str
    count: int = Field(description="How many workflows have it.")


@router.get("/tags")
async def all_tags(deps: Deps, scope: CurrentScope, page: Pages100) -> Page[TagOut]:
    """The tags in use, in alphabetical order."""
    async with deps.database.read() as session:
        found, total = await tags.counted(session, scope, page.skip, page.limit)
    return page.of(TagOut, [TagOut(tag=tag, count=count) for tag, count in found], total)


@router.patch("/{workflow_id:id}")
async def change(
    workflow_id: Id, body: WorkflowChange, response: Response, deps: Deps, scope: CurrentScope
) -> WorkflowOut:
    """Change name, description or tags. A new name or description makes the next version; tags have no versions."""
    async with deps.database.write() as session:
        now = await store.get(session, scope, workflow_id)
        name = now.name if body.name is None else body.name
        description = now.description if body.description is None else body.description
        workflow = await store.replace(session, scope, workflow_id, name, description, now.configuration, None)
        if body.tags is not None:
            await tags.replace(session, scope, workflow_id, body.tags)
        read = graph.read(workflow.configuration, deps.limits.graph)
        return await saved_out(session, deps, scope, workflow, read, response)


@router.post("/{workflow_id}/duplicate", status_code=201)
async def duplicate(
    workflow_id: Id, body: WorkflowCopy, response: Response, deps: Deps, scope: CurrentScope
) -> WorkflowOut:
    """Copy it with its own documents, which are not embedded again. Shared knowledge bases and keys stay shared."""
    made = await deps.duplication.duplicate(scope, workflow_id, body.name)
    async with deps.database.read() as session:
        return await workflow_out(session, deps, scope, made, response)
