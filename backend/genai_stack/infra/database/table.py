"""The base classes of tables, and columns that refer to others."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, ForeignKey, MetaData, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from genai_stack.infra.database.columns import Id, Json, Moment, new_id
from genai_stack.infra.database.scope import Scope


class Table(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {str: Text(), datetime: Moment(), dict[str, Any]: Json, list[Any]: Json}  # noqa: RUF012


def primary_key() -> Mapped[str]:
    return mapped_column(Id, primary_key=True, default=new_id)


def owned_by(column: str, *, key: bool = False, index: bool = False) -> Mapped[str]:
    return mapped_column(Id, ForeignKey(column, ondelete="CASCADE"), primary_key=key, index=index)


class WorkspaceTable(Table):
    """The base class of tables whose rows belong to one workspace each."""

    __abstract__ = True
    workspace_id: Mapped[str] = owned_by("workspaces.id")

    @classmethod
    def of(cls, scope: Scope) -> ColumnElement[bool]:
        """The condition that every query of such a table begins with."""
        return cls.workspace_id == scope.workspace_id
