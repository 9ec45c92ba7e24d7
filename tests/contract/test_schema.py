"""The schema of the database: the same from the tables and from the migrations, up and down, on both databases."""

from collections.abc import Callable
from importlib import resources

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text

from genai_stack.app import schema
from genai_stack.errors import CannotStart
from genai_stack.infra.database.database import Database
from genai_stack.infra.database.table import Table
from tests.support.postgres import Postgres, as_owner
from tests.support.server import Server

NEEDED = {
    "workflows": {"id", "name", "description", "configuration", "created_at", "updated_at"},
    "documents": {"id", "workflow_id", "filename", "content", "metadata", "created_at"},
    "chat_sessions": {"id", "workflow_id", "created_at"},
    "chat_messages": {"id", "session_id", "role", "content", "metadata", "created_at"},
}


async def in_(database: Database, do: Callable[[Connection], object]) -> object:
    async with database.engine.begin() as connection:
        return await connection.run_sync(do)


def test_the_program_knows_the_newest_migration() -> None:
    assert ScriptDirectory.from_config(schema.configuration()).get_heads() == [schema.HEAD]


async def test_the_migrations_make_the_tables_that_the_program_uses(database: Database) -> None:
    def drift(connection: Connection) -> object:
        options = {"compare_type": True, "include_name": schema.ours}
        return compare_metadata(MigrationContext.configure(connection, opts=options), Table.metadata)

    assert await in_(database, drift) == []


async def test_other_programs_find_the_names_that_they_read(database: Database) -> None:
    def columns(connection: Connection) -> dict[str, set[str]]:
        return {name: {column["name"] for column in inspect(connection).get_columns(name)} for name in NEEDED}

    found = await in_(database, columns)
    assert isinstance(found, dict)
    for name, needed in NEEDED.items():
        assert needed <= found[name]


async def test_graphs_and_metadata_are_jsonb_on_postgresql(postgres: Postgres) -> None:
    database = Database(postgres.migrated())
    try:
        async with database.read() as session:
            rows = await session.execute(
                text("SELECT table_name, column_name FROM information_schema.columns WHERE data_type = 'jsonb'")
            )
            found = {tuple(row) for row in rows}
    finally:
        await database.close()
    assert {("workflows", "configuration"), ("documents", "metadata"), ("chat_messages", "metadata")} <= found


async def test_every_row_has_its_workspace(database: Database) -> None:
    for table in Table.metadata.tables.values():
        assert table.name == "workspaces" or "workspace_id" in table.columns, table.name


async def test_migrating_goes_up_and_down_and_up_again(database_url: str) -> None:
    database = Database(database_url)
    try:
        assert await schema.found(database) is None
        await schema.migrate(database)
        await schema.migrate(database)
        await schema.check(database)

        def down(connection: Connection) -> None:
            config = schema.configuration()
            config.attributes["connection"] = connection
            command.downgrade(config, "base")

        await in_(database, down)
        left = await in_(database, lambda connection: set(inspect(connection).get_table_names()))
        assert left == {"alembic_version"}
        await schema.migrate(database)
        assert await schema.found(database) == schema.HEAD
    finally:
        await database.close()


async def test_a_newer_schema_is_refused_with_a_sentence(database_url: str) -> None:
    database = Database(database_url)
    await schema.migrate(database)
    await in_(database, lambda connection: connection.execute(text("UPDATE alembic_version SET version_num = '9999'")))
    for refuse in (schema.check, schema.migrate):
        with pytest.raises(CannotStart, match="newer version"):
            await refuse(database)
    await database.close()


async def test_a_server_on_another_schema_stops_with_a_sentence(own_server: Server) -> None:
    own_server.start()
    own_server.kill()
    url = own_server.settings.get("database_url")
    database = Database(as_owner(str(url))) if url else Database.in_folder(own_server.data)
    await in_(database, lambda connection: connection.execute(text("UPDATE alembic_version SET version_num = '9999'")))
    await database.close()
    code, said = own_server.refused()
    assert (code, "newer version" in said, "Traceback" in said) == (2, True, False)


async def test_a_server_on_an_empty_postgresql_asks_to_migrate(postgres: Postgres, tmp_path) -> None:  # type: ignore[no-untyped-def]
    server = Server(tmp_path, database_url=postgres.database())
    code, said = server.refused()
    assert (code, "genai-stack migrate" in said, "Traceback" in said) == (2, True, False)


def test_the_queue_has_the_newest_schema_of_its_library() -> None:
    """When this fails, a migration brings the library's own newer steps."""
    shipped = resources.files("procrastinate.sql") / "schema.sql"
    ours = resources.files("genai_stack.app.migrations") / "queue" / "procrastinate_3_10.sql"
    assert shipped.read_text() == ours.read_text()
