"""Alembic's entry: migrates over the connection that it is given."""

from typing import Any

from alembic import context
from sqlalchemy import JSON, String

from genai_stack.app.schema import ours
from genai_stack.infra.database.columns import Moment
from genai_stack.infra.database.table import Table


def _own_type(kind: str, thing: Any, autogen: object) -> str | bool:
    """How a new migration names the column types of `columns.py`."""
    del autogen
    if kind != "type":
        return False
    if isinstance(thing, Moment):
        return "Moment()"
    if isinstance(thing, JSON):
        return "Json"
    return "Id" if isinstance(thing, String) and thing.length == 36 else False


connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Table.metadata,
    render_as_batch=connection.dialect.name == "sqlite",
    compare_type=True,
    include_name=ours,
    render_item=_own_type,
)
with context.begin_transaction():
    context.run_migrations()
