"""Workflows keep what lists show of their graphs"""

import sqlalchemy as sa
from alembic import op

from genai_stack.infra.database.columns import Json

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("workflows", sa.Column("summary", Json, nullable=True))
    op.add_column("workflows", sa.Column("summary_catalog", sa.Text(), nullable=False, server_default=""))
    op.create_index("ix_workflows_summary_catalog", "workflows", ["summary_catalog"])


def downgrade() -> None:
    op.drop_index("ix_workflows_summary_catalog", "workflows")
    op.drop_column("workflows", "summary_catalog")
    op.drop_column("workflows", "summary")
