"""Tables of knowledge bases, documents, passages and embeddings."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from genai_stack.infra.database.columns import Id, now
from genai_stack.infra.database.table import WorkspaceTable, owned_by, primary_key


class KnowledgeBase(WorkspaceTable):
    """`workflow_id` is set where a workflow owns it. `revision` grows with every change of what may be found."""

    __tablename__ = "knowledge_bases"
    id: Mapped[str] = primary_key()
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
    __table_args__ = (
        Index(None, "workspace_id", "created_at", "id"),
        Index(None, "workspace_id", "workflow_id", "created_at", "id"),
        Index(None, "workspace_id", "id"),
    )


class Document(WorkspaceTable):
    """`content` is the whole text that was read, `page_starts` where each page starts in it."""

    __tablename__ = "documents"
    id: Mapped[str] = primary_key()
    workflow_id: Mapped[str | None] = mapped_column(Id, ForeignKey("workflows.id", ondelete="CASCADE"), index=True)
    knowledge_base_id: Mapped[str] = owned_by("knowledge_bases.id", index=True)
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
    __table_args__ = (
        Index(None, "status", "created_at", "id"),
        Index(None, "workspace_id", "knowledge_base_id", "created_at", "id"),
    )


class OriginalPiece(WorkspaceTable):
    """An uploaded file, in pieces, as it came."""

    __tablename__ = "original_pieces"
    document_id: Mapped[str] = owned_by("documents.id", key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)


class PassageRow(WorkspaceTable):
    """`text_hash` is the SHA-256 of the text: with the fingerprint of its knowledge base it finds the vector."""

    __tablename__ = "passages"
    id: Mapped[str] = primary_key()
    knowledge_base_id: Mapped[str] = owned_by("knowledge_bases.id", index=True)
    document_id: Mapped[str] = owned_by("documents.id")
    position: Mapped[int]
    page: Mapped[int | None]
    text: Mapped[str]
    text_hash: Mapped[bytes] = mapped_column(LargeBinary(32), index=True)
    __table_args__ = (UniqueConstraint("document_id", "position"),)


class Embedding(WorkspaceTable):
    """A text's vector under one embedder, kept once: little-endian float32, of length 1."""

    __tablename__ = "embeddings"
    workspace_id: Mapped[str] = owned_by("workspaces.id", key=True)
    fingerprint: Mapped[str] = mapped_column(primary_key=True)
    text_hash: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    vector: Mapped[bytes] = mapped_column(LargeBinary)
