"""What requests and answers look like."""

from datetime import datetime
from typing import Annotated, Any, Generic, Literal, TypeVar
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

T = TypeVar("T")

LARGEST = 2**31 - 1  # of the numbers that both databases keep of versions and events

Skip = Annotated[int, Query(ge=0, le=1_000_000_000, description="How many items to leave out.")]
Limit = Annotated[int, Query(ge=1, le=500, description="How many items to give at most.")]


def _uuid(value: object) -> str:
    try:
        return str(UUID(str(value)))
    except ValueError as error:
        raise ValueError("this is not a UUID") from error


Id = Annotated[str, BeforeValidator(_uuid), WithJsonSchema({"type": "string", "format": "uuid"})]
"""A UUID, as text in its usual form."""


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


class Asked(BaseModel):
    """A request's body: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid")


class Page(BaseModel, Generic[T]):
    items: list[T]
    total: int
    skip: int
    limit: int


class ProblemOut(BaseModel):
    """What is wrong with a graph, where, and what to do."""

    code: str
    severity: Literal["error", "warning"]
    message: str
    node_id: str | None
    edge_id: str | None
    field: str | None


class Validity(BaseModel):
    valid: bool
    problems: list[ProblemOut]


class GraphIn(Asked):
    configuration: dict[str, Any] = Field(examples=[GRAPH_EXAMPLE])


class WorkflowIn(Asked):
    name: str = Field(min_length=1, max_length=200, examples=["Chat with documents"])
    description: str = Field("", max_length=10_000)
    configuration: dict[str, Any] = Field(description="The graph, as React Flow has it.", examples=[GRAPH_EXAMPLE])


class WorkflowOut(BaseModel):
    id: str
    name: str
    description: str
    configuration: dict[str, Any]
    version: int
    problems: list[ProblemOut]
    knowledge_base_id: str | None
    created_at: datetime
    updated_at: datetime


class WorkflowItem(BaseModel):
    id: str
    name: str
    description: str
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


class TemplateOut(BaseModel):
    """A ready-made workflow. `picture` is an SVG image as a data address."""

    id: str
    name: str
    description: str
    promise: str
    picture: str
    configuration: dict[str, Any]


class PortOut(BaseModel):
    name: str
    title: str
    types: list[str]
    required: bool
    multiple: bool
    streamed: bool


class NodeTypeOut(BaseModel):
    type: str
    title: str
    description: str
    category: str
    icon: str
    role: Literal["entry", "step", "exit"]
    inputs: list[PortOut]
    outputs: list[PortOut]
    config_schema: dict[str, Any]


class PortTypeOut(BaseModel):
    name: str
    title: str
    description: str


class NodeTypes(Page[NodeTypeOut]):
    """`port_types` names what flows; an edge is legal when the target lists one of the source's types."""

    port_types: list[PortTypeOut]


class ProviderOut(BaseModel):
    id: str
    title: str
    needs_key: bool
    needs_base_url: bool
    default_base_url: str | None
    key_help: str
    chat: bool
    embeds: bool


class ModelOut(BaseModel):
    id: str
    title: str
    ends_at: datetime | None


class CredentialIn(Asked):
    provider: str = Field(examples=["openai"])
    name: str = Field(min_length=1, max_length=200, examples=["My key"])
    secret: str = Field(min_length=1, max_length=10_000, repr=False, examples=["sk-…"])


class CredentialOut(BaseModel):
    id: str
    provider: str
    name: str
    last4: str
    created_at: datetime


class CredentialTest(BaseModel):
    ok: bool
    message: str


class PassageOut(BaseModel):
    document_id: str
    filename: str
    page: int | None
    score: float
    text: str


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


class SessionIn(Asked):
    title: str = Field("", max_length=200)


class SessionChange(Asked):
    """What is left out stays as it is."""

    title: str | None = Field(None, max_length=200)


class SessionOut(BaseModel):
    id: str
    workflow_id: str
    title: str
    active_run: str | None
    created_at: datetime
    updated_at: datetime


class MessageOut(BaseModel):
    id: str
    run_id: str | None
    role: Literal["user", "assistant"]
    content: str
    metadata: dict[str, Any]
    created_at: datetime
