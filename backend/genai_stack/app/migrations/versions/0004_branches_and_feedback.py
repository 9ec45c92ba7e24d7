"""Questions know which they follow, and answers may have feedback"""

import sqlalchemy as sa
from alembic import op

from genai_stack.infra.database.columns import Id, Moment

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_FOLLOWS_THE_QUESTION_BEFORE = """
UPDATE chat_messages SET parent_id = (
    SELECT earlier.id FROM chat_messages AS earlier
    WHERE earlier.session_id = chat_messages.session_id
      AND earlier.role = 'user' AND earlier.position < chat_messages.position
    ORDER BY earlier.position DESC LIMIT 1
)
"""


def upgrade() -> None:
    op.add_column("chat_messages", sa.Column("parent_id", Id, nullable=True))
    op.execute(_FOLLOWS_THE_QUESTION_BEFORE)
    op.create_table(
        "message_feedback",
        sa.Column("message_id", Id, nullable=False),
        sa.Column("workspace_id", Id, nullable=False),
        sa.Column("rating", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("updated_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["message_id"], ["chat_messages.id"], name=op.f("fk_message_feedback_message_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], name=op.f("fk_message_feedback_workspace_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_message_feedback")),
    )


def downgrade() -> None:
    op.drop_table("message_feedback")
    op.drop_column("chat_messages", "parent_id")
