"""Table of stored provider keys."""

from datetime import datetime

from sqlalchemy import Index, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from genai_stack.infra.database.columns import now
from genai_stack.infra.database.table import WorkspaceTable, primary_key


class Credential(WorkspaceTable):
    """`secret` is encrypted for this row, and `last4` is all that is ever shown of it.

    `base_url`: the server that the key is for, and the only one it is sent to; None where the provider fixes it.
    """

    __tablename__ = "credentials"
    id: Mapped[str] = primary_key()
    provider: Mapped[str]
    name: Mapped[str]
    base_url: Mapped[str | None]
    secret: Mapped[bytes] = mapped_column(LargeBinary)
    last4: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(default=now)
    __table_args__ = (Index(None, "workspace_id", "created_at", "id"),)
