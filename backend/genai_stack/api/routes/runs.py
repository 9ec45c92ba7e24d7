"""Runs: started, waited for, followed, stopped."""

import hashlib
import json
import re
from collections.abc import AsyncGenerator, AsyncIterator
from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from fastapi import Header, Query, Response
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import StreamingResponse

from genai_stack.api.http.dependencies import Dependencies, Deps
from genai_stack.api.http.models import LARGEST, Asked, Id, Limit, Page, Pages50, Skip
from genai_stack.api.http.routing import CurrentScope, Policy, Router
from genai_stack.api.routes.knowledge_bases import PassageOut
from genai_stack.errors import Invalid
from genai_stack.features.runs import store as records
from genai_stack.features.runs.journal import node_states as report
from genai_stack.features.runs.journal.run_log import LoggedEvent
from genai_stack.features.workflows import store
from genai_stack.infra.database.scope import Scope

router = Router(Policy.WORKSPACE, tag="runs")


class NodeOut(BaseModel):
    id: str
    label: str
    type: str
    status: Literal["waiting", "running", "succeeded", "failed", "skipped"]
    started_at: datetime | None
    duration_ms: float | None
    inputs: dict[str, Any] | None
    outputs: dict[str, Any] | None
    usage: dict[str, int] | None
    error: dict[str, Any] | None


class RunItem(BaseModel):
    id: str
    workflow_id: str
    version: int
    session_id: str | None
    status: Literal["queued", "running", "waiting", "succeeded", "failed", "cancelled"]
    query: str
    answer: str | None
    sources: list[PassageOut]
    usage: dict[str, int]
    finish_reason: Literal["length", "filtered"] | None
    error: dict[str, Any] | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    trimmed_at: datetime | None


class RunOut(RunItem):
    nodes: list[NodeOut]


class RunIn(Asked):
    query: str = Field(min_length=1, max_length=100_000, examples=["What is offline mode?"])
    session_id: Id | None = None


After = Annotated[int, Query(ge=0, le=LARGEST, description="The last `seq` that was seen.")]

STREAM = "text/event-stream"
LONGEST_WAIT = 600.0  # seconds
ALIVE = b": alive\n\n"


@router.post(
    "/workflows/{workflow_id}/runs",
    status_code=202,
    response_model=RunOut,
    responses={200: {"model": RunOut, "description": "The ended run, or its events", "content": {STREAM: {}}}},
)
async def start(
    workflow_id: Id,
    body: RunIn,
    request: Request,
    deps: Deps,
    scope: CurrentScope,
    idempotency_key: Annotated[str | None, Header(max_length=255)] = None,
    prefer: Annotated[str | None, Header(description="wait=SECONDS answers with the ended run.")] = None,
) -> Response:
    """Ask a workflow. By default answers at once; may wait for the end, or stream what happens."""
    seconds = _seconds(prefer)
    key = None
    if idempotency_key is not None:
        key = (idempotency_key, hashlib.sha256(json.dumps(body.model_dump(), sort_keys=True).encode()).digest())
    run_id = await deps.runs.starter.start(scope, workflow_id, body.query, body.session_id, key)
    headers = {"location": f"/api/v1/runs/{run_id}"}
    if STREAM in request.headers.get("accept", ""):
        return StreamingResponse(
            _sse(deps.runs.event_stream.follow(scope, run_id, 0)), 200, headers | _UNBUFFERED, STREAM
        )
    ended = seconds is not None and await deps.runs.event_stream.ended_within(scope, run_id, seconds)
    run = await _out(deps, scope, run_id)
    return Response(run.model_dump_json(), 200 if ended else 202, headers, "application/json")


@router.get("/workflows/{workflow_id}/runs")
async def of_workflow(workflow_id: Id, deps: Deps, scope: CurrentScope, page: Pages50) -> Page[RunItem]:
    """The runs of a workflow, newest first."""
    async with deps.database.read() as session:
        await store.get(session, scope, workflow_id)
        found, total = await records.of_workflow(session, scope, workflow_id, page.skip, page.limit)
    return page.of(RunItem, found, total)


@router.get("/runs/{run_id}")
async def get(run_id: Id, deps: Deps, scope: CurrentScope) -> RunOut:
    """A run and how each of its nodes stands."""
    return await _out(deps, scope, run_id)


@router.post("/runs/{run_id}/cancel", status_code=202)
async def cancel(run_id: Id, deps: Deps, scope: CurrentScope) -> RunOut:
    """Stop a run. What was answered so far is kept."""
    await deps.runs.control.cancel(scope, run_id)
    return await _out(deps, scope, run_id)


@router.get("/runs/{run_id}/events", response_model=None, responses={200: {"content": {STREAM: {}}}})
async def events(
    run_id: Id,
    request: Request,
    deps: Deps,
    scope: CurrentScope,
    after: After = 0,
    skip: Skip = 0,
    limit: Limit = 500,
    last_event_id: Annotated[str | None, Header()] = None,
) -> Response:
    """A run's events as they happen, as SSE; with `Accept: application/json`, those so far as a list."""
    async with deps.database.read() as session:
        await records.get(session, scope, run_id)
        if "application/json" in request.headers.get("accept", "") and STREAM not in request.headers["accept"]:
            bodies, total = await records.bodies(session, scope, run_id, after, skip, limit)
            listed = f'{{"items":[{",".join(bodies)}],"total":{total},"skip":{skip},"limit":{limit}}}'
            return Response(listed, media_type="application/json")
    seen = _seen(last_event_id) if last_event_id else after
    return StreamingResponse(_sse(deps.runs.event_stream.follow(scope, run_id, seen)), 200, _UNBUFFERED, STREAM)


_UNBUFFERED = {"cache-control": "no-cache", "x-accel-buffering": "no"}


async def _sse(event_stream: AsyncGenerator[list[LoggedEvent]]) -> AsyncIterator[bytes]:
    try:
        async for frames in event_stream:
            yield b"".join(_event(frame) for frame in frames) if frames else ALIVE
    finally:
        await event_stream.aclose()


def _event(frame: LoggedEvent) -> bytes:
    return f"id: {frame.seq}\nevent: {frame.type}\ndata: {frame.body}\n\n".encode()


def _seen(last_event_id: str) -> int:
    if not re.fullmatch(r"\d{1,10}", last_event_id.strip()) or int(last_event_id) > LARGEST:
        raise Invalid("Last-Event-ID must be the id of an event: a whole number.")
    return int(last_event_id)


def _seconds(prefer: str | None) -> float | None:
    """The `wait` of a Prefer header; preferences that are not known are ignored, as RFC 7240 asks."""
    found = re.search(r"(?:^|[,;\s])wait\s*=\s*\"?(\d{1,6}(?:\.\d{1,3})?)\"?(?:$|[,;\s])", prefer or "")
    return min(float(found[1]), LONGEST_WAIT) if found else None


async def _out(deps: Dependencies, scope: Scope, run_id: str) -> RunOut:
    run, nodes = await deps.database.run_read(
        lambda tx: (records.read(tx, scope, run_id), report.nodes_of(tx, scope, run_id))
    )
    return RunOut.model_validate({**run, "nodes": msgspec.to_builtins(nodes)})
