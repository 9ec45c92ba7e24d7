"""Lexical search: the words of every passage"""

import sqlalchemy as sa
from alembic import op

from genai_stack.features.knowledge.retrieval.lexical import INSERT_POSTGRESQL, INSERT_SQLITE
from genai_stack.features.knowledge.retrieval.words import words

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

BATCH = 1_000  # passages
NEXT = sa.text("SELECT id, knowledge_base_id, text FROM passages WHERE id > :after ORDER BY id LIMIT :most")
FIRST = "00000000-0000-0000-0000-000000000000"


def upgrade() -> None:
    on_sqlite = op.get_bind().dialect.name == "sqlite"
    if on_sqlite:
        op.execute("CREATE VIRTUAL TABLE passage_words USING fts5(passage_id, base_id, words, tokenize = 'unicode61')")
        op.execute(
            "CREATE TRIGGER passages_leave_words AFTER DELETE ON passages BEGIN DELETE FROM passage_words WHERE rowid IN"
            " (SELECT rowid FROM passage_words WHERE passage_words MATCH 'passage_id:' || replace(old.id, '-', '')); END"
        )
    else:
        op.execute(
            "CREATE TABLE passage_words (passage_id uuid PRIMARY KEY REFERENCES passages (id) ON DELETE CASCADE,"
            " base_id uuid NOT NULL, words tsvector NOT NULL)"
        )
        op.execute("CREATE INDEX ix_passage_words_words ON passage_words USING gin (words)")
        op.execute("CREATE INDEX ix_passage_words_base_id ON passage_words (base_id)")
    _fill(INSERT_SQLITE if on_sqlite else INSERT_POSTGRESQL)


def _fill(insert: sa.TextClause) -> None:
    connection, after = op.get_bind(), FIRST
    while rows := connection.execute(NEXT, {"after": after, "most": BATCH}).all():
        connection.execute(
            insert,
            [{"passage_id": str(row[0]), "base_id": str(row[1]), "words": " ".join(words(row[2]))} for row in rows],
        )
        after = str(rows[-1][0])


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER passages_leave_words")
    op.execute("DROP TABLE passage_words")
