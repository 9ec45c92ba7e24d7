"""What retention asks for: the oldest runs with and without deltas, the oldest documents of a status"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("runs", sa.Column("has_deltas", sa.Boolean(), nullable=False, server_default=sa.true()))
    op.create_index("ix_runs_has_deltas_finished_at", "runs", ["has_deltas", "finished_at"])
    op.create_index("ix_documents_status_created_at_id", "documents", ["status", "created_at", "id"])
    op.drop_index("ix_documents_status", "documents")


def downgrade() -> None:
    op.create_index("ix_documents_status", "documents", ["status"])
    op.drop_index("ix_documents_status_created_at_id", "documents")
    op.drop_index("ix_runs_has_deltas_finished_at", "runs")
    op.drop_column("runs", "has_deltas")
