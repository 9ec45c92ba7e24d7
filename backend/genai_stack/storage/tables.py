"""Every table. Other programs read `workflows`, `documents`, `chat_sessions` and `chat_messages`."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, MetaData, Text, UniqueConstraint, true
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from genai_stack.storage.columns import Id, Json, Moment, new_id, now


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


def _key() -> Mapped[str]:
    return mapped_column(Id, primary_key=True, default=new_id)


def _part_of(column: str, *, key: bool = False, index: bool = False) -> Mapped[str]:
    return mapped_column(Id, ForeignKey(column, ondelete="CASCADE"), primary_key=key, index=index)


class Workspace(Table):
    __tablename__ = "workspaces"
    id: Mapped[str] = _key()
    name: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(default=now)


class Workflow(Table):
    __tablename__ = "workflows"
    id: Mapped[str] = _key()
    workspace_id: Mapped[str] = _part_of("workspaces.id", index=True)
    name: Mapped[str]
    description: Mapped[str] = mapped_column(default="")
    configuration: Mapped[dict[str, Any]]
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(default=now)
    updated_at: Mapped[datetime] = mapped_column(default=now)


class WorkflowVersion(Table):
    __tablename__ = "workflow_versions"
    workflow_id: Mapped[str] = _part_of("workflows.id", key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    workspace_id: Mapped[str] = _part_of("workspaces.id")
    name: Mapped[str]
    description: Mapped[str]
    configuration: Mapped[dict[str, Any]]
    created_at: Mapped[datetime] = mapped_column(default=now)


class KnowledgeBase(Table):
    """`workflow_id` is set where a workflow owns it. `revision` grows with every change of what may be found."""

    __tablename__ = "knowledge_bases"
    id: Mapped[str] = _key()
    workspace_id: Mapped[str] = _part_of("workspaces.id", index=True)
    workflow_id: Mapped[str | None] = mapped_column(Id, ForeignKey("workflows.id", ondelete="CASCADE"), unique=True)
    name: Mapped[str]
    embedder: Mapped[dict[str, Any]]
    fingerprint: Mapped[str | None]
    dimensions: Mapped[int | None]
    chunk_size: Mapped[int]
    chunk_overlap: Mapped[int]
    revision: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(default=now)
    updated_at: Mapped[datetime] = mapped_column(default=now)


class Document(Table):
    """`content` is the whole text that was read, `page_starts` where each page starts in it."""

    __tablename__ = "documents"
    id: Mapped[str] = _key()
    workspace_id: Mapped[str] = _part_of("workspaces.id")
    workflow_id: Mapped[str | None] = mapped_column(Id, ForeignKey("workflows.id", ondelete="CASCADE"), index=True)
    knowledge_base_id: Mapped[str] = _part_of("knowledge_bases.id", index=True)
    filename: Mapped[str]
    content: Mapped[str] = mapped_column(default="", deferred=True)
    page_starts: Mapped[list[Any]] = mapped_column(default=list, deferred=True)
    meta: Mapped[dict[str, Any]] = mapped_column("metadata", default=dict)
    kind: Mapped[str | None]
    size: Mapped[int]
    status: Mapped[str] = mapped_column(default="processing")
    progress: Mapped[float] = mapped_column(default=0.0)
    pages: Mapped[int | None]
    chunks: Mapped[int | None]
    error: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(default=now)
    __table_args__ = (Index(None, "status", "created_at", "id"),)


class OriginalPiece(Table):
    """An uploaded file, in pieces, as it came."""

    __tablename__ = "original_pieces"
    document_id: Mapped[str] = _part_of("documents.id", key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    workspace_id: Mapped[str] = _part_of("workspaces.id")
    content: Mapped[bytes] = mapped_column(LargeBinary)


class PassageRow(Table):
    """`text_hash` is the SHA-256 of the text: with the fingerprint of its knowledge base it finds the vector."""

    __tablename__ = "passages"
    id: Mapped[str] = _key()
    workspace_id: Mapped[str] = _part_of("workspaces.id")
    knowledge_base_id: Mapped[str] = _part_of("knowledge_bases.id", index=True)
    document_id: Mapped[str] = _part_of("documents.id")
    position: Mapped[int]
    page: Mapped[int | None]
    text: Mapped[str]
    text_hash: Mapped[bytes] = mapped_column(LargeBinary(32), index=True)
    __table_args__ = (UniqueConstraint("document_id", "position"),)


class Embedding(Table):
    """A text's vector under one embedder, kept once: little-endian float32, of length 1."""

    __tablename__ = "embeddings"
    workspace_id: Mapped[str] = _part_of("workspaces.id", key=True)
    fingerprint: Mapped[str] = mapped_column(primary_key=True)
    text_hash: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    vector: Mapped[bytes] = mapped_column(LargeBinary)


class Credential(Table):
    """`secret` is encrypted, and `last4` is all that is ever shown of it."""

    __tablename__ = "credentials"
    id: Mapped[str] = _key()
    workspace_id: Mapped[str] = _part_of("workspaces.id", index=True)
    provider: Mapped[str]
    name: Mapped[str]
    secret: Mapped[bytes] = mapped_column(LargeBinary)
    last4: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(default=now)


class ChatSession(Table):
    __tablename__ = "chat_sessions"
    id: Mapped[str] = _key()
    workspace_id: Mapped[str] = _part_of("workspaces.id")
    workflow_id: Mapped[str] = _part_of("workflows.id", index=True)
    title: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime] = mapped_column(default=now)
    updated_at: Mapped[datetime] = mapped_column(default=now)


class ChatMessage(Table):
    """`id` of a person's message is their client's own. `position` orders the messages of a session."""

    __tablename__ = "chat_messages"
    id: Mapped[str] = _key()
    workspace_id: Mapped[str] = _part_of("workspaces.id")
    session_id: Mapped[str] = _part_of("chat_sessions.id")
    run_id: Mapped[str | None] = mapped_column(Id, index=True)
    position: Mapped[int]
    role: Mapped[str]
    content: Mapped[str]
    meta: Mapped[dict[str, Any]] = mapped_column("metadata", default=dict)
    created_at: Mapped[datetime] = mapped_column(default=now)
    __table_args__ = (UniqueConstraint("session_id", "position"),)


class Run(Table):
    """`attempt` grows each time it is taken up, and only the current one may write; `lost` counts those that died.

    `trimmed_at` is when its deltas began to go; `has_deltas` is true until the last of them is gone.
    """

    __tablename__ = "runs"
    id: Mapped[str] = _key()
    workspace_id: Mapped[str] = _part_of("workspaces.id")
    workflow_id: Mapped[str] = _part_of("workflows.id")
    version: Mapped[int]
    session_id: Mapped[str | None] = mapped_column(Id, ForeignKey("chat_sessions.id", ondelete="CASCADE"), index=True)
    status: Mapped[str] = mapped_column(default="queued", index=True)
    query: Mapped[str]
    attempt: Mapped[int] = mapped_column(default=0)
    lost: Mapped[int] = mapped_column(default=0)
    cancel_requested: Mapped[bool] = mapped_column(default=False)
    answer: Mapped[str | None]
    sources: Mapped[list[Any]] = mapped_column(default=list)
    usage: Mapped[dict[str, Any]] = mapped_column(default=dict)
    error: Mapped[dict[str, Any] | None] = mapped_column(Json)
    idempotency_key: Mapped[str | None]
    request_hash: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    created_at: Mapped[datetime] = mapped_column(default=now)
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    trimmed_at: Mapped[datetime | None]
    has_deltas: Mapped[bool] = mapped_column(server_default=true())
    __table_args__ = (
        Index(None, "workflow_id", "created_at"),
        Index(None, "has_deltas", "finished_at"),
        UniqueConstraint("workflow_id", "idempotency_key"),
    )


class NodeOutput(Table):
    """What a finished node gave, so that it never runs again: JSON by port."""

    __tablename__ = "node_outputs"
    run_id: Mapped[str] = _part_of("runs.id", key=True)
    node_id: Mapped[str] = mapped_column(primary_key=True)
    workspace_id: Mapped[str] = _part_of("workspaces.id")
    outputs: Mapped[str]


class Event(Table):
    """`body` is the whole event as it is sent: byte for byte the same to every reader."""

    __tablename__ = "events"
    run_id: Mapped[str] = _part_of("runs.id", key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    workspace_id: Mapped[str] = mapped_column(Id)
    type: Mapped[str]
    body: Mapped[str]
