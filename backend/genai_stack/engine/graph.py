"""A workflow's graph, exactly as it is saved: React Flow's own shape."""

from collections.abc import Iterable
from typing import Any, cast

import msgspec
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from genai_stack.errors import Invalid, TooLarge

Json = dict[str, Any]


class Limits(BaseModel):
    """How large a graph may be. `depth` counts nested objects and lists, `size` is in bytes of JSON."""

    nodes: int = 500
    edges: int = 2_000
    depth: int = 64
    size: int = 1_000_000


class Kept(BaseModel):
    """Keys beyond the declared ones are kept as they came."""

    model_config = ConfigDict(extra="allow", strict=True)


class Position(Kept):
    x: float = Field(default=0, allow_inf_nan=False, strict=False)
    y: float = Field(default=0, allow_inf_nan=False, strict=False)


class NodeData(Kept):
    label: str | None = Field(default=None, max_length=500)
    config: Json = Field(default_factory=dict)


class Node(Kept):
    id: str = Field(min_length=1, max_length=200)
    type: str = Field(min_length=1, max_length=200)
    position: Position = Field(default_factory=Position)
    data: NodeData = Field(default_factory=NodeData)


class Edge(Kept):
    id: str = Field(min_length=1, max_length=500)
    source: str
    target: str
    sourceHandle: str | None = None  # noqa: N815 (React Flow's own name)
    targetHandle: str | None = None  # noqa: N815


class Graph(Kept):
    """Nodes and edges; what React Flow adds beside them is kept."""

    nodes: list[Node]
    edges: list[Edge] = Field(default_factory=list[Edge])


def read(configuration: Any, limits: Limits) -> Graph:
    """The graph in a configuration; a sentence where it has not the shape of one, or is too large."""
    if not isinstance(configuration, dict):
        raise Invalid("A configuration is a JSON object with `nodes` and `edges`.")
    saved = cast("Json", configuration)
    for part, most in (("nodes", limits.nodes), ("edges", limits.edges)):
        found = saved.get(part)
        if isinstance(found, list) and len(cast("list[Any]", found)) > most:
            count = len(cast("list[Any]", found))
            raise TooLarge(f"The graph has {count:,} {part}; at most {most:,} are allowed.", code="GRAPH_TOO_LARGE")
    size = len(msgspec.json.encode(saved))
    if size > limits.size:
        message = f"The graph has {size:,} bytes of JSON; at most {limits.size:,} are allowed."
        raise TooLarge(message, code="GRAPH_TOO_LARGE")
    if _deeper(saved, limits.depth):
        message = f"The graph is nested more than {limits.depth} levels deep."
        raise TooLarge(message, code="GRAPH_TOO_LARGE")
    try:
        return Graph.model_validate(saved)
    except ValidationError as error:
        raise Invalid(
            "The configuration is not a valid graph.",
            problems=[_problem(entry["loc"], entry["msg"]) for entry in error.errors(include_url=False)[:50]],
        ) from error


def _deeper(value: Any, levels: int) -> bool:
    """Whether objects and lists are nested in more levels."""
    level = [value]
    for _ in range(levels):
        level = [part for thing in level for part in _parts(thing) if isinstance(part, dict | list)]
        if not level:
            return False
    return True


def _parts(thing: Any) -> Iterable[Any]:
    return cast("Json", thing).values() if isinstance(thing, dict) else cast("list[Any]", thing)


def _problem(place: tuple[int | str, ...], message: str) -> Json:
    field = ".".join(str(part) for part in place)
    return {"code": "invalid_shape", "message": f"configuration.{field}: {message}", "field": f"configuration.{field}"}
