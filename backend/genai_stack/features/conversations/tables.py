"""Tables of chat sessions and messages."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from genai_stack.infra.database.columns import Id, now
from genai_stack.infra.database.table import WorkspaceTable, owned_by, primary_key


class ChatSession(WorkspaceTable):
    __tablename__ = "chat_sessions"
    id: Mapped[str] = primary_key()
    workflow_id: Mapped[str] = owned_by("workflows.id", index=True)
    title: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime] = mapped_column(default=now)
    updated_at: Mapped[datetime] = mapped_column(default=now)
    __table_args__ = (Index(None, "workspace_id", "workflow_id", "updated_at", "id"),)


class MessageRow(WorkspaceTable):
    """`id` of a person's message is their client's own. `position` orders the messages of a session.

    `parent_id` of a question is the question that it follows, null for a first one: those with the same parent are
    branches. Of an answer it is its question. Without a foreign key: messages go with their whole session only.
    """

    __tablename__ = "chat_messages"
    id: Mapped[str] = primary_key()
    session_id: Mapped[str] = owned_by("chat_sessions.id")
    run_id: Mapped[str | None] = mapped_column(Id, index=True)
    parent_id: Mapped[str | None] = mapped_column(Id)
    position: Mapped[int]
    role: Mapped[str]
    content: Mapped[str]
    meta: Mapped[dict[str, Any]] = mapped_column("metadata", default=dict)
    created_at: Mapped[datetime] = mapped_column(default=now)
    __table_args__ = (UniqueConstraint("session_id", "position"),)


class MessageFeedback(WorkspaceTable):
    """What a person thinks of an answer. `rating` is `up` or `down`."""

    __tablename__ = "message_feedback"

    message_id: Mapped[str] = owned_by("chat_messages.id", key=True)
    rating: Mapped[str]
    reason: Mapped[str] = mapped_column(default="")
    updated_at: Mapped[datetime] = mapped_column(default=now)
