"""Tables of workspaces: what everything else belongs to."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from genai_stack.infra.database.columns import now
from genai_stack.infra.database.table import Table, primary_key


class Workspace(Table):
    __tablename__ = "workspaces"
    id: Mapped[str] = primary_key()
    name: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(default=now)
