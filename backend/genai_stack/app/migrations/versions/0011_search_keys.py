"""Workflows keep their words in lower case, as they are searched"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("workflows", sa.Column("search_key", sa.Text(), nullable=False, server_default=""))
    connection = op.get_bind()
    rows = connection.execute(sa.text("SELECT id, name, description FROM workflows")).all()
    if rows:
        update = sa.text("UPDATE workflows SET search_key = :key WHERE id = :id")
        connection.execute(update, [{"id": row.id, "key": f"{row.name}\n{row.description}".lower()} for row in rows])
    if connection.dialect.name == "sqlite":  # rows of this index hold all that is asked; PostgreSQL's must be shorter
        op.execute("CREATE INDEX ix_workflows_search_key ON workflows (workspace_id, search_key, id)")


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP INDEX ix_workflows_search_key")
    op.drop_column("workflows", "search_key")
