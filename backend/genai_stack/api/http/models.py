"""Types that requests and responses share: ids, pages, limits, problems."""

from typing import Annotated, Generic, Literal, TypeVar
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel, BeforeValidator, ConfigDict, WithJsonSchema

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


class Asked(BaseModel):
    """A request's body: unknown fields are refused, and a value of another type is not converted."""

    model_config = ConfigDict(extra="forbid", strict=True)


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
