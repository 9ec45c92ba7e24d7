"""Runs say why their answer was cut"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("runs", sa.Column("finish_reason", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("runs", "finish_reason")
