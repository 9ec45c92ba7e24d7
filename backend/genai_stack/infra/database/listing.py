"""Pages of lists: the second half of a list is read from its end."""

from collections.abc import Sequence
from typing import Any, TypeVar

from sqlalchemy import Select, SQLColumnExpression

from genai_stack.infra.database.database import ReadSession

T = TypeVar("T")


async def page_of(
    session: ReadSession,
    query: Select[T],
    keys: Sequence[SQLColumnExpression[Any]],
    total: int,
    skip: int,
    limit: int,
    *,
    descending: bool = False,
) -> list[T]:
    """The rows from `skip` on, at most `limit`. `keys` order the list and tell any two rows apart.

    `total` is how many rows the query has. A database walks over all rows that it skips, so that the last page would
    cost as much as the whole list: the second half is read in reverse.
    """
    limit = min(limit, total - skip)
    if limit <= 0:
        return []
    reverse = skip > total // 2
    offset = total - skip - limit if reverse else skip
    order = [key.desc() if descending != reverse else key.asc() for key in keys]
    rows = list((await session.scalars(query.order_by(*order).offset(offset).limit(limit))).all())
    return rows[::-1] if reverse else rows
