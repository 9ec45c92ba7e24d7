"""Tables of runs, their events and node outputs."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, UniqueConstraint, true
from sqlalchemy.orm import Mapped, mapped_column

from genai_stack.infra.database.columns import Id, Json, now
from genai_stack.infra.database.table import WorkspaceTable, owned_by, primary_key


class Run(WorkspaceTable):
    """`attempt` grows each time it is taken up, and only the current one may write; `crashed_attempts`
    counts those whose process died.

    `finish_reason` says why the answer was cut: `length` or `filtered`; None where it was not.
    `trimmed_at` is when its deltas began to go; `has_deltas` is true until the last of them is gone.
    """

    __tablename__ = "runs"
    id: Mapped[str] = primary_key()
    workflow_id: Mapped[str] = owned_by("workflows.id")
    version: Mapped[int]
    session_id: Mapped[str | None] = mapped_column(Id, ForeignKey("chat_sessions.id", ondelete="CASCADE"), index=True)
    status: Mapped[str] = mapped_column(default="queued", index=True)
    query: Mapped[str]
    attempt: Mapped[int] = mapped_column(default=0)
    crashed_attempts: Mapped[int] = mapped_column("lost", default=0)
    cancel_requested: Mapped[bool] = mapped_column(default=False)
    answer: Mapped[str | None]
    sources: Mapped[list[Any]] = mapped_column(default=list)
    usage: Mapped[dict[str, Any]] = mapped_column(default=dict)
    finish_reason: Mapped[str | None]
    error: Mapped[dict[str, Any] | None] = mapped_column(Json)
    idempotency_key: Mapped[str | None]
    request_hash: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    created_at: Mapped[datetime] = mapped_column(default=now)
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    trimmed_at: Mapped[datetime | None]
    has_deltas: Mapped[bool] = mapped_column(server_default=true())
    __table_args__ = (
        Index(None, "workspace_id", "workflow_id", "created_at", "id"),
        Index(None, "has_deltas", "finished_at"),
        UniqueConstraint("workflow_id", "idempotency_key"),
    )


class NodeOutputRow(WorkspaceTable):
    """What a finished node gave, so that it never runs again: JSON by port."""

    __tablename__ = "node_outputs"
    run_id: Mapped[str] = owned_by("runs.id", key=True)
    node_id: Mapped[str] = mapped_column(primary_key=True)
    outputs: Mapped[str]


class Event(WorkspaceTable):
    """`body` is the whole event as it is sent: byte for byte the same to every reader."""

    __tablename__ = "events"
    run_id: Mapped[str] = owned_by("runs.id", key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    workspace_id: Mapped[str] = mapped_column(Id)
    type: Mapped[str]
    body: Mapped[str]
