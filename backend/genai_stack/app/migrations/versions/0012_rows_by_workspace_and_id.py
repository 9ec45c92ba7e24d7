"""Rows of a workspace by their ids: without these indices SQLite looks at every row of the workspace"""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

INDICES = {
    "workflows": ["workspace_id", "id"],
    "workflow_tags": ["workspace_id", "workflow_id"],
    "knowledge_bases": ["workspace_id", "id"],
}


def upgrade() -> None:
    for table, columns in INDICES.items():
        op.create_index(f"ix_{table}_{'_'.join(columns)}", table, columns)


def downgrade() -> None:
    for table, columns in INDICES.items():
        op.drop_index(f"ix_{table}_{'_'.join(columns)}", table)
