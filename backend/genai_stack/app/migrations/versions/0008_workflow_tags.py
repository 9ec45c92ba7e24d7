"""Workflows have tags, and their own knowledge bases have their names"""

import sqlalchemy as sa
from alembic import op

from genai_stack.infra.database.columns import Id

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_SAME_NAME = """
UPDATE knowledge_bases SET name = (SELECT workflows.name FROM workflows WHERE workflows.id = knowledge_bases.workflow_id)
WHERE workflow_id IS NOT NULL
"""


def upgrade() -> None:
    op.create_table(
        "workflow_tags",
        sa.Column("workflow_id", Id, nullable=False),
        sa.Column("tag", sa.Text(), nullable=False),
        sa.Column("workspace_id", Id, nullable=False),
        sa.ForeignKeyConstraint(
            ["workflow_id"], ["workflows.id"], name=op.f("fk_workflow_tags_workflow_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], name=op.f("fk_workflow_tags_workspace_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("workflow_id", "tag", name=op.f("pk_workflow_tags")),
    )
    op.create_index(op.f("ix_workflow_tags_workspace_id_tag"), "workflow_tags", ["workspace_id", "tag"])
    op.execute(_SAME_NAME)


def downgrade() -> None:
    op.drop_table("workflow_tags")
