"""Inserts that leave rows which are there already as they are."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.dialects import postgresql, sqlite

from genai_stack.infra.database.database import WriteSession


async def insert_absent(session: WriteSession, table: type[Any], rows: Sequence[Mapping[str, object]]) -> None:
    """Rows that are there already are left as they are."""
    if not rows:
        return
    on_postgresql = session.get_bind().dialect.name == "postgresql"
    insert = postgresql.insert(table) if on_postgresql else sqlite.insert(table)
    await session.execute(insert.on_conflict_do_nothing(), rows)
