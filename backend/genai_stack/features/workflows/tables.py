"""Tables of saved workflows and their versions."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index
from sqlalchemy.engine.default import DefaultExecutionContext
from sqlalchemy.orm import Mapped, mapped_column

from genai_stack.infra.database.columns import Json, now
from genai_stack.infra.database.table import WorkspaceTable, owned_by, primary_key


def search_key(name: str, description: str) -> str:
    """The words of a workflow, as they are searched."""
    return f"{name}\n{description}".lower()


def _name_key(context: DefaultExecutionContext) -> str:
    return context.get_current_parameters()["name"].lower()


def _search_key(context: DefaultExecutionContext) -> str:
    row = context.get_current_parameters()
    return search_key(row["name"], row.get("description") or "")


class Workflow(WorkspaceTable):
    """`name_key` is the name as lists are sorted by it, `search_key` what is searched.

    `summary` is what lists show of the graph (`validation.Summary`), validated under the catalog whose fingerprint is
    `summary_catalog`; None before that.
    """

    __tablename__ = "workflows"
    id: Mapped[str] = primary_key()
    name: Mapped[str]
    name_key: Mapped[str] = mapped_column(default=_name_key, server_default="")
    search_key: Mapped[str] = mapped_column(default=_search_key, server_default="")
    description: Mapped[str] = mapped_column(default="")
    configuration: Mapped[dict[str, Any]]
    version: Mapped[int] = mapped_column(default=1)
    summary: Mapped[dict[str, Any] | None] = mapped_column(Json)
    summary_catalog: Mapped[str] = mapped_column(default="", server_default="", index=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    updated_at: Mapped[datetime] = mapped_column(default=now)
    __table_args__ = (
        Index(None, "workspace_id", "updated_at", "id"),
        Index(None, "workspace_id", "created_at", "id"),
        Index(None, "workspace_id", "name_key", "id"),
        Index(None, "workspace_id", "id"),
    )


class WorkflowTag(WorkspaceTable):
    __tablename__ = "workflow_tags"
    workflow_id: Mapped[str] = owned_by("workflows.id", key=True)
    tag: Mapped[str] = mapped_column(primary_key=True)
    __table_args__ = (Index(None, "workspace_id", "tag"), Index(None, "workspace_id", "workflow_id"))


class WorkflowVersion(WorkspaceTable):
    __tablename__ = "workflow_versions"
    workflow_id: Mapped[str] = owned_by("workflows.id", key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    description: Mapped[str]
    configuration: Mapped[dict[str, Any]]
    created_at: Mapped[datetime] = mapped_column(default=now)
