"""Types that requests and responses share: ids, pages, limits, problems."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated, Generic, Literal, TypeVar
from uuid import UUID

from fastapi import Depends, Query
from pydantic import BaseModel, BeforeValidator, ConfigDict, WithJsonSchema

T = TypeVar("T")
M = TypeVar("M", bound=BaseModel)

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


@dataclass(frozen=True, slots=True)
class Pagination:
    """Which page of a list was asked for."""

    skip: int
    limit: int

    def of(self, model: type[M], found: Iterable[object], total: int) -> Page[M]:
        """A page whose items, models or what they are read from, were found already."""
        items = [model.model_validate(one, from_attributes=True) for one in found]
        return Page[model](items=items, total=total, skip=self.skip, limit=self.limit)

    def cut(self, model: type[M], every: Sequence[object]) -> Page[M]:
        """A page of a list that is at hand as a whole."""
        return self.of(model, every[self.skip : self.skip + self.limit], len(every))


async def _pages_of_50(skip: Skip = 0, limit: Limit = 50) -> Pagination:
    return Pagination(skip, limit)


async def _pages_of_100(skip: Skip = 0, limit: Limit = 100) -> Pagination:
    return Pagination(skip, limit)


async def _pages_of_500(skip: Skip = 0, limit: Limit = 500) -> Pagination:
    return Pagination(skip, limit)


Pages50 = Annotated[Pagination, Depends(_pages_of_50)]
Pages100 = Annotated[Pagination, Depends(_pages_of_100)]
Pages500 = Annotated[Pagination, Depends(_pages_of_500)]
"""The page that a request asks for, by how many items it has unless the request says otherwise."""


class ProblemOut(BaseModel):
    """What is wrong with a graph, where, and what to do."""

    code: str
    severity: Literal["error", "warning"]
    message: str
    node_id: str | None
    edge_id: str | None
    field: str | None
