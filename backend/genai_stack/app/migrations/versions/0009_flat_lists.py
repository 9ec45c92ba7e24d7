"""Lists stay as fast as they were short: their rows are counted as they change, in the order that they are read"""

import sqlalchemy as sa
from alembic import op

from genai_stack.infra.database.columns import Id

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

COUNTED = (
    # table, owner of the list, kind, part, which rows are seen, columns whose change moves a row
    ("workflows", "workspace_id", "'workflows'", "''", "true", ()),
    ("workflow_tags", "workspace_id", "'tagged'", "{row}.tag", "true", ()),
    ("workflow_versions", "workflow_id", "'versions'", "''", "true", ()),
    ("chat_sessions", "workflow_id", "'conversations'", "''", "true", ()),
    ("chat_messages", "session_id", "'messages'", "''", "true", ()),
    ("runs", "workflow_id", "'runs'", "''", "true", ()),
    ("credentials", "workspace_id", "'credentials'", "''", "true", ()),
    (
        "knowledge_bases", "workspace_id", "'knowledge_bases'",
        "CASE WHEN {row}.workflow_id IS NULL THEN 'shared' ELSE 'own' END", "{row}.revision >= 0",
        ("revision", "workflow_id"),
    ),
    (
        "documents", "knowledge_base_id", "'documents'", "''",
        "{row}.status IN ('processing', 'ready', 'failed')", ("status",),
    ),
)  # fmt: skip
OWNERS = ("workflows", "chat_sessions", "knowledge_bases")
INDICES = {
    "workflows": (
        ["workspace_id", "updated_at", "id"],
        ["workspace_id", "created_at", "id"],
        ["workspace_id", "name_key", "id"],
    ),
    "runs": (["workspace_id", "workflow_id", "created_at", "id"],),
    "chat_sessions": (["workspace_id", "workflow_id", "updated_at", "id"],),
    "knowledge_bases": (["workspace_id", "created_at", "id"], ["workspace_id", "workflow_id", "created_at", "id"]),
    "documents": (["workspace_id", "knowledge_base_id", "created_at", "id"],),
    "credentials": (["workspace_id", "created_at", "id"],),
}
REPLACED = {
    "runs": ["workflow_id", "created_at"],
    "workflows": ["workspace_id"],
    "knowledge_bases": ["workspace_id"],
    "credentials": ["workspace_id"],
}

SLOTS = 64
"""On PostgreSQL each connection counts in a row of its own, so that none waits for another's commit."""


def upgrade() -> None:
    _name_key()
    for table, indices in INDICES.items():
        for columns in indices:
            op.create_index(_named(table, columns), table, columns)
    for table, columns in REPLACED.items():
        op.drop_index(_named(table, columns), table)
    op.create_table(
        "row_counts",
        sa.Column("workspace_id", Id, nullable=False),
        sa.Column("owner_id", Id, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("part", sa.Text(), nullable=False),
        sa.Column("slot", sa.Integer(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "owner_id", "kind", "part", "slot", name=op.f("pk_row_counts")),
    )
    for table, owner, kind, part, seen, moving in COUNTED:
        op.execute(
            f"INSERT INTO row_counts SELECT workspace_id, {owner}, {kind}, {part.format(row=table)}, 0, count(*)"
            f" FROM {table} WHERE {seen.format(row=table)} GROUP BY 1, 2, 3, 4"
        )
        (_count_on_sqlite if _on_sqlite() else _count_on_postgresql)(table, owner, kind, part, seen, moving)
    for table in OWNERS:
        (_forget_on_sqlite if _on_sqlite() else _forget_on_postgresql)(table)
    (_trigrams_on_sqlite if _on_sqlite() else _trigrams_on_postgresql)()


def _on_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"


def _named(table: str, columns: list[str]) -> str:
    return f"ix_{table}_{'_'.join(columns)}"


def _name_key() -> None:
    """The name as lists are sorted by it: in lower case, by Python on both databases."""
    op.add_column("workflows", sa.Column("name_key", sa.Text(), nullable=False, server_default=""))
    connection = op.get_bind()
    rows = connection.execute(sa.text("SELECT id, name FROM workflows")).all()
    if rows:
        update = sa.text("UPDATE workflows SET name_key = :key WHERE id = :id")
        connection.execute(update, [{"id": row.id, "key": row.name.lower()} for row in rows])


def _count_on_sqlite(table: str, owner: str, kind: str, part: str, seen: str, moving: tuple[str, ...]) -> None:
    def more(row: str) -> str:
        return (
            f"INSERT INTO row_counts SELECT {row}.workspace_id, {row}.{owner}, {kind}, {part.format(row=row)}, 0, 1"
            f" WHERE {seen.format(row=row)}"
            " ON CONFLICT (workspace_id, owner_id, kind, part, slot) DO UPDATE SET count = count + 1;"
        )

    def less(row: str) -> str:
        return (
            f"UPDATE row_counts SET count = count - 1 WHERE workspace_id = {row}.workspace_id AND owner_id = {row}.{owner}"
            f" AND kind = {kind} AND part = {part.format(row=row)} AND {seen.format(row=row)};"
        )

    op.execute(f"CREATE TRIGGER {table}_count_insert AFTER INSERT ON {table} BEGIN {more('new')} END")
    op.execute(f"CREATE TRIGGER {table}_count_delete AFTER DELETE ON {table} BEGIN {less('old')} END")
    if moving:
        op.execute(
            f"CREATE TRIGGER {table}_count_update AFTER UPDATE OF {', '.join(moving)} ON {table}"
            f" BEGIN {less('old')} {more('new')} END"
        )


def _count_on_postgresql(table: str, owner: str, kind: str, part: str, seen: str, moving: tuple[str, ...]) -> None:
    def changed(rows: str, change: int) -> str:
        return (
            f"SELECT workspace_id, {owner} AS owner_id, {kind} AS kind, {part.format(row=rows)} AS part, {change} AS change"
            f" FROM {rows} WHERE {seen.format(row=rows)}"
        )

    sources = {"insert": {"new_rows": 1}, "delete": {"old_rows": -1}, "update": {"old_rows": -1, "new_rows": 1}}
    for event, rows in sources.items():
        if event == "update" and not moving:
            continue
        changes = " UNION ALL ".join(changed(name, change) for name, change in rows.items())
        op.execute(
            f"CREATE FUNCTION {table}_count_{event}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            " INSERT INTO row_counts AS kept (workspace_id, owner_id, kind, part, slot, count)"
            f" SELECT workspace_id, owner_id, kind, part, pg_backend_pid() % {SLOTS}, sum(change) FROM ({changes}) AS changes"
            " GROUP BY 1, 2, 3, 4 HAVING sum(change) <> 0 ORDER BY 1, 2, 3, 4"
            " ON CONFLICT (workspace_id, owner_id, kind, part, slot) DO UPDATE SET count = kept.count + excluded.count;"
            " RETURN NULL; END $$"
        )
        referencing = " ".join(f"{name[:3].upper()} TABLE AS {name}" for name in rows)
        op.execute(
            f"CREATE TRIGGER {table}_count_{event} AFTER {event.upper()} ON {table} REFERENCING {referencing}"
            f" FOR EACH STATEMENT EXECUTE FUNCTION {table}_count_{event}()"
        )


def _forget_on_sqlite(table: str) -> None:
    op.execute(
        f"CREATE TRIGGER {table}_forget_counts AFTER DELETE ON {table} BEGIN DELETE FROM row_counts"
        " WHERE workspace_id = old.workspace_id AND owner_id = old.id; END"
    )


def _forget_on_postgresql(table: str) -> None:
    """At the commit, when also the rows that went with their owner are counted."""
    op.execute(
        f"CREATE FUNCTION {table}_forget_counts() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " DELETE FROM row_counts WHERE workspace_id = old.workspace_id AND owner_id = old.id; RETURN NULL; END $$"
    )
    op.execute(
        f"CREATE CONSTRAINT TRIGGER {table}_forget_counts AFTER DELETE ON {table} DEFERRABLE INITIALLY DEFERRED"
        f" FOR EACH ROW EXECUTE FUNCTION {table}_forget_counts()"
    )


def _trigrams_on_sqlite() -> None:
    """`workflow_numbers` gives each workflow a number that VACUUM leaves alone, as a table of its own would not."""
    op.execute(
        "CREATE TABLE workflow_numbers"
        " (number INTEGER PRIMARY KEY, workflow_id VARCHAR(36) NOT NULL UNIQUE, workspace_id VARCHAR(36) NOT NULL)"
    )
    op.execute("CREATE VIRTUAL TABLE workflow_trigrams USING fts5(name, description, tokenize = 'trigram')")
    op.execute("INSERT INTO workflow_numbers (workflow_id, workspace_id) SELECT id, workspace_id FROM workflows")
    op.execute(
        "INSERT INTO workflow_trigrams (rowid, name, description) SELECT number, name, description"
        " FROM workflows JOIN workflow_numbers ON workflow_id = id"
    )
    number = "(SELECT number FROM workflow_numbers WHERE workflow_id = {row}.id)"
    op.execute(
        "CREATE TRIGGER workflows_trigrams_insert AFTER INSERT ON workflows BEGIN"
        " INSERT INTO workflow_numbers (workflow_id, workspace_id) VALUES (new.id, new.workspace_id);"
        " INSERT INTO workflow_trigrams (rowid, name, description)"
        f" VALUES ({number.format(row='new')}, new.name, new.description); END"
    )
    op.execute(
        "CREATE TRIGGER workflows_trigrams_update AFTER UPDATE OF name, description ON workflows"
        " WHEN (old.name, old.description) IS NOT (new.name, new.description) BEGIN"
        " UPDATE workflow_trigrams SET name = new.name, description = new.description"
        f" WHERE rowid = {number.format(row='new')}; END"
    )
    op.execute(
        "CREATE TRIGGER workflows_trigrams_delete AFTER DELETE ON workflows BEGIN"
        f" DELETE FROM workflow_trigrams WHERE rowid = {number.format(row='old')};"
        " DELETE FROM workflow_numbers WHERE workflow_id = old.id; END"
    )


def _trigrams_on_postgresql() -> None:
    """As pg_trgm does it, which is not installed everywhere."""
    op.execute(
        "CREATE FUNCTION trigrams(words text) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$"
        " SELECT coalesce(array_agg(DISTINCT first || second || third), '{}') FROM"
        " (SELECT first, lead(first) OVER (ORDER BY place) AS second, lead(first, 2) OVER (ORDER BY place) AS third"
        " FROM unnest(string_to_array(lower(words), NULL)) WITH ORDINALITY AS letters (first, place)) AS threes"
        " WHERE third IS NOT NULL $$"
    )
    op.execute("CREATE INDEX ix_workflows_trigrams ON workflows USING gin (trigrams(name || chr(10) || description))")


def downgrade() -> None:
    on_sqlite = _on_sqlite()
    for table, _, _, _, _, moving in COUNTED:
        for event in ("insert", "delete", "update") if moving else ("insert", "delete"):
            _drop_trigger(table, f"{table}_count_{event}")
    for table in OWNERS:
        _drop_trigger(table, f"{table}_forget_counts")
    op.drop_table("row_counts")
    if on_sqlite:
        for event in ("insert", "update", "delete"):
            op.execute(f"DROP TRIGGER workflows_trigrams_{event}")
        op.execute("DROP TABLE workflow_trigrams")
        op.execute("DROP TABLE workflow_numbers")
    else:
        op.drop_index("ix_workflows_trigrams", "workflows")
        op.execute("DROP FUNCTION trigrams(text)")
    for table, columns in REPLACED.items():
        op.create_index(_named(table, columns), table, columns)
    for table, indices in INDICES.items():
        for columns in indices:
            op.drop_index(_named(table, columns), table)
    op.drop_column("workflows", "name_key")


def _drop_trigger(table: str, name: str) -> None:
    if _on_sqlite():
        op.execute(f"DROP TRIGGER {name}")
        return
    op.execute(f"DROP TRIGGER {name} ON {table}")
    op.execute(f"DROP FUNCTION {name}()")
