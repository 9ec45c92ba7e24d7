"""Table of stored provider keys."""

from datetime import datetime

from sqlalchemy import LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from genai_stack.infra.database.columns import now
from genai_stack.infra.database.table import WorkspaceTable, owned_by, primary_key


class Credential(WorkspaceTable):
    """`secret` is encrypted for this row, and `last4` is all that is ever shown of it.

    `base_url`: the server that the key is for, and the only one it is sent to; None where the provider fixes it.
    """

    __tablename__ = "credentials"
    id: Mapped[str] = primary_key()
    workspace_id: Mapped[str] = owned_by("workspaces.id", index=True)
    provider: Mapped[str]
    name: Mapped[str]
    base_url: Mapped[str | None]
    secret: Mapped[bytes] = mapped_column(LargeBinary)
    last4: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(default=now)
