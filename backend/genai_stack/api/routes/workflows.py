"""Workflows, their versions, and whether they can run."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import Header, Path, Query, Response
from pydantic import BaseModel, Field

from genai_stack.api.http.dependencies import Dependencies, Deps
from genai_stack.api.http.models import LARGEST, Asked, Id, Page, Pages50, ProblemOut
from genai_stack.api.http.routing import CurrentScope, Policy, Router
from genai_stack.engine import graph
from genai_stack.engine.validate import Problem, described
from genai_stack.errors import Invalid
from genai_stack.features.knowledge import bases
from genai_stack.features.runs import store as records
from genai_stack.features.workflows import search, store, tags, validation
from genai_stack.features.workflows.tables import Workflow
from genai_stack.infra.database.database import ReadSession, WriteSession
from genai_stack.infra.database.scope import Scope

router = Router(Policy.WORKSPACE, tag="workflows", prefix="/workflows")


GRAPH_EXAMPLE: dict[str, Any] = {
    "nodes": [
        {"id": "query-1", "type": "query", "position": {"x": 0, "y": 0}, "data": {"label": "User Query", "config": {}}},
        {"id": "llm-1", "type": "llm", "position": {"x": 280, "y": 0}, "data": {"config": {"provider": "offline"}}},
        {"id": "output-1", "type": "output", "position": {"x": 560, "y": 0}, "data": {"config": {}}},
    ],
    "edges": [
        {
            "id": "e1",
            "source": "query-1",
            "sourceHandle": "text",
            "target": "llm-1",
            "targetHandle": "prompt",
        },
        {
            "id": "e2",
            "source": "llm-1",
            "sourceHandle": "answer",
            "target": "output-1",
            "targetHandle": "answer",
        },
    ],
}


class Validity(BaseModel):
    valid: bool
    problems: list[ProblemOut]


class GraphIn(Asked):
    configuration: dict[str, Any] = Field(examples=[GRAPH_EXAMPLE])


class WorkflowIn(Asked):
    name: str = Field(min_length=1, max_length=200, examples=["Chat with documents"])
    description: str = Field("", max_length=10_000)
    configuration: dict[str, Any] = Field(description="The graph, as React Flow has it.", examples=[GRAPH_EXAMPLE])
    tags: list[str] | None = Field(None, max_length=100, description="Left out, they stay as they are.")


class WorkflowOut(BaseModel):
    id: str
    name: str
    description: str
    tags: list[str]
    configuration: dict[str, Any]
    version: int
    problems: list[ProblemOut]
    knowledge_base_id: str | None
    created_at: datetime
    updated_at: datetime


Sort = Literal["-updated_at", "updated_at", "name", "-name", "-created_at", "created_at"]


class WorkflowItem(BaseModel):
    id: str
    name: str
    description: str
    tags: list[str]
    version: int
    node_types: list[str]
    error_count: int
    knowledge_base_id: str | None
    created_at: datetime
    updated_at: datetime


class VersionItem(BaseModel):
    version: int
    name: str
    description: str
    created_at: datetime


class VersionOut(VersionItem):
    configuration: dict[str, Any]


@router.post("", status_code=201)
async def save_new(body: WorkflowIn, response: Response, deps: Deps, scope: CurrentScope) -> WorkflowOut:
    """Save a graph, half-built or whole; `problems` say what keeps it from running."""
    read = graph.read(body.configuration, deps.limits.graph)
    async with deps.database.write() as session:
        workflow = await store.add(session, scope, body.name, body.description, body.configuration)
        await tags.replace(session, scope, workflow.id, body.tags or [])
        return await saved_out(session, deps, scope, workflow, read, response)


@router.get("")
async def all_of(
    deps: Deps,
    scope: CurrentScope,
    page: Pages50,
    q: str = "",
    tag: str = "",
    sort: Annotated[Sort, Query(description="A minus sign sorts descending. Names ignore case.")] = "-updated_at",
) -> Page[WorkflowItem]:
    """Workflows by a part of their name or description, and by tag; last changed first unless `sort` says otherwise."""
    async with deps.database.read() as session:
        found, total = await search.search(session, scope, q, page.skip, page.limit, tag=tag, sort=sort)
        summaries = await validation.summaries(session, scope, deps.catalog, found)
        ids = [workflow.id for workflow in found]
        owned = await store.own_knowledge_bases(session, scope, ids)
        tagged = await tags.of(session, scope, ids)
    items = [
        _item(one, summary, owned.get(one.id), tagged.get(one.id, []))
        for one, summary in zip(found, summaries, strict=True)
    ]
    return page.of(WorkflowItem, items, total)


@router.get("/{workflow_id:id}")
async def get(workflow_id: Id, response: Response, deps: Deps, scope: CurrentScope) -> WorkflowOut:
    async with deps.database.read() as session:
        workflow = await store.get(session, scope, workflow_id)
        return await workflow_out(session, deps, scope, workflow, response)


@router.put("/{workflow_id:id}")
async def replace(
    workflow_id: Id,
    body: WorkflowIn,
    response: Response,
    deps: Deps,
    scope: CurrentScope,
    if_match: Annotated[str | None, Header(description="The ETag of the version that was edited.")] = None,
) -> WorkflowOut:
    """Save as the next version. With a stale `If-Match`, 412 and nothing changes."""
    read = graph.read(body.configuration, deps.limits.graph)
    async with deps.database.write() as session:
        workflow = await store.replace(
            session, scope, workflow_id, body.name, body.description, body.configuration, _expected(if_match)
        )
        if body.tags is not None:
            await tags.replace(session, scope, workflow_id, body.tags)
        return await saved_out(session, deps, scope, workflow, read, response)


@router.delete("/{workflow_id:id}", status_code=204)
async def remove(workflow_id: Id, deps: Deps, scope: CurrentScope) -> None:
    """Remove it with its versions, runs, sessions and own documents."""
    async with deps.database.read() as session:
        await store.get(session, scope, workflow_id)
        owned = await store.own_knowledge_bases(session, scope, [workflow_id])
        running = await records.unended_of_workflow(session, scope, workflow_id)
    for run_id in running:
        await deps.runs.control.cancel(scope, run_id)
    await deps.runs.retention.remove_of_workflow(scope, workflow_id)
    async with deps.database.write() as session:
        for knowledge_base_id in owned.values():
            await bases.soft_delete(session, scope, knowledge_base_id)
        await store.remove(session, scope, workflow_id)
    await deps.knowledge.deletion.sweep(scope)


@router.get("/{workflow_id}/versions")
async def versions(workflow_id: Id, deps: Deps, scope: CurrentScope, page: Pages50) -> Page[VersionItem]:
    """What was saved, newest first."""
    async with deps.database.read() as session:
        found, total = await store.versions(session, scope, workflow_id, page.skip, page.limit)
    return page.of(VersionItem, found, total)


@router.get("/{workflow_id}/versions/{number}")
async def version(
    workflow_id: Id, number: Annotated[int, Path(ge=1, le=LARGEST)], deps: Deps, scope: CurrentScope
) -> VersionOut:
    async with deps.database.read() as session:
        found = await store.version(session, scope, workflow_id, number)
    return VersionOut.model_validate(found, from_attributes=True)


@router.post("/validate")
async def validate_unsaved(body: GraphIn, deps: Deps, scope: CurrentScope) -> Validity:
    """Whether a graph that is not saved can run."""
    async with deps.database.read() as session:
        return await _validity(session, deps, scope, body.configuration)


@router.post("/{workflow_id}/validate")
async def validate_saved(workflow_id: Id, deps: Deps, scope: CurrentScope) -> Validity:
    """Whether a saved workflow can run."""
    async with deps.database.read() as session:
        workflow = await store.get(session, scope, workflow_id)
        return await _validity(session, deps, scope, workflow.configuration)


async def _validity(session: ReadSession, deps: Dependencies, scope: Scope, configuration: dict[str, Any]) -> Validity:
    read = graph.read(configuration, deps.limits.graph)
    outcome = await validation.validated(session, scope, deps.catalog, read)
    return Validity(valid=not outcome.summary.error_count, problems=_out_of(outcome.problems))


def _out_of(problems: Sequence[Problem]) -> list[ProblemOut]:
    return [ProblemOut(**described(problem)) for problem in problems]


async def workflow_out(
    session: ReadSession, deps: Dependencies, scope: Scope, workflow: Workflow, response: Response
) -> WorkflowOut:
    read = graph.read(workflow.configuration, deps.limits.graph)
    outcome = await validation.validated(session, scope, deps.catalog, read)
    return await _out(session, scope, workflow, outcome.problems, response)


async def saved_out(
    session: WriteSession, deps: Dependencies, scope: Scope, workflow: Workflow, read: graph.Graph, response: Response
) -> WorkflowOut:
    """Validates once what was saved: for the answer, and for the lists."""
    outcome = await validation.validated(session, scope, deps.catalog, read)
    validation.keep(workflow, deps.catalog, outcome.summary)
    return await _out(session, scope, workflow, outcome.problems, response)


async def _out(
    session: ReadSession, scope: Scope, workflow: Workflow, problems: Sequence[Problem], response: Response
) -> WorkflowOut:
    owned = await store.own_knowledge_bases(session, scope, [workflow.id])
    tagged = await tags.of(session, scope, [workflow.id])
    response.headers["etag"] = f'"{workflow.version}"'
    return WorkflowOut(
        id=workflow.id,
        name=workflow.name,
        description=workflow.description,
        tags=tagged.get(workflow.id, []),
        configuration=workflow.configuration,
        version=workflow.version,
        problems=_out_of(problems),
        knowledge_base_id=owned.get(workflow.id),
        created_at=workflow.created_at,
        updated_at=workflow.updated_at,
    )


def _item(
    workflow: Workflow,
    summary: validation.Summary,
    knowledge_base_id: str | None,
    tagged: list[str],
) -> WorkflowItem:
    return WorkflowItem(
        id=workflow.id,
        name=workflow.name,
        description=workflow.description,
        tags=tagged,
        version=workflow.version,
        node_types=summary.node_types,
        error_count=summary.error_count,
        knowledge_base_id=knowledge_base_id,
        created_at=workflow.created_at,
        updated_at=workflow.updated_at,
    )


UNKNOWN = 0  # no version has this number: an ETag that is none of ours is a stale one


def _expected(if_match: str | None) -> int | None:
    if if_match is None or if_match.strip() == "*":
        return None
    tag = re.fullmatch(r'\s*(W/)?"([^"]*)"\s*', if_match)
    if tag is None:
        raise Invalid('If-Match must be the ETag of a version, such as "3".')
    return int(tag[2]) if re.fullmatch(r"[1-9]\d{0,9}", tag[2]) and not tag[1] else UNKNOWN
