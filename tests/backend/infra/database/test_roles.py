"""The app's role in PostgreSQL: rows and nothing else; and a server that refuses to be more."""

from pathlib import Path

import psycopg
import pytest

from genai_stack.errors import CannotStart
from genai_stack.infra.database.database import Database
from genai_stack.infra.database.roles import grant
from tests.support.postgres import APP, Postgres, as_app, as_owner, migrate
from tests.support.server import Server

REFUSED_STATEMENTS = (
    "CREATE TABLE more (id int)",
    "ALTER TABLE runs ADD COLUMN more int",
    "DROP TABLE runs",
    "TRUNCATE runs CASCADE",
    "CREATE INDEX more ON runs (id)",
    "UPDATE alembic_version SET version_num = '9999'",
    "CREATE SCHEMA more",
    "CREATE ROLE more",
    "ALTER ROLE genai_stack_app SUPERUSER",
    "SET ROLE postgres",
    "COPY runs TO PROGRAM 'true'",
    "SELECT pg_read_file('PG_VERSION')",
)


@pytest.fixture
def url(postgres: Postgres) -> str:
    return postgres.migrated()


@pytest.mark.parametrize("statement", REFUSED_STATEMENTS)
def test_the_app_may_not_change_the_schema_or_its_rights(url: str, statement: str) -> None:
    with psycopg.connect(url) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(statement)  # type: ignore[call-overload]


def test_the_app_reads_and_writes_every_table_and_owns_none(url: str) -> None:
    with psycopg.connect(url) as connection:
        tables = connection.execute(
            "SELECT tablename, tableowner, bool_and(has_table_privilege(tablename, word)) FROM pg_tables,"
            " unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) word WHERE schemaname = 'public'"
            " GROUP BY tablename, tableowner"
        ).fetchall()
        may = {name for name, _, writes in tables if writes}
        assert {name for name, _, _ in tables} - may == {"alembic_version"}
        assert len(may) > 15
        assert APP not in {owner for _, owner, _ in tables}
        row = connection.execute(
            "SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb FROM pg_roles WHERE rolname = current_user"
        ).fetchone()
        assert row == (False, False, False, False)


@pytest.mark.parametrize("command", ["serve", "worker"])
def test_no_process_runs_as_a_superuser(url: str, tmp_path: Path, command: str) -> None:
    server = Server(tmp_path, database_url=as_owner(url), dispatch="distributed", secret_key="x" * 43 + "=")
    server.command = command
    code, said = server.refused()
    assert code == 2
    assert "postgres is a superuser" in said
    assert "GENAI_STACK_OWNER_DATABASE_URL=" in said
    assert "Traceback" not in said


def test_migrating_again_sets_the_password_anew_and_hides_it(postgres: Postgres) -> None:
    url = postgres.database()
    for password in ("first%40", "second"):
        migrate(url, as_app(url).replace(f"{APP}@", f"{APP}:{password}@"))
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT rolpassword FROM pg_authid WHERE rolname = %s", [APP]).fetchone()
    assert row
    assert row[0].startswith("SCRAM-SHA-256$")


def test_an_owner_who_may_not_make_roles_prints_the_sql(postgres: Postgres) -> None:
    url = postgres.database()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("DROP ROLE IF EXISTS plain_owner")
        connection.execute("CREATE ROLE plain_owner LOGIN")
        connection.execute(f'ALTER DATABASE "{connection.info.dbname}" OWNER TO plain_owner')  # type: ignore[call-overload]
        connection.execute("GRANT CREATE ON SCHEMA public TO plain_owner")
    owner = url.replace("postgres@", "plain_owner@")
    new_app = url.replace("postgres@", "new_app:secret-word@")
    with pytest.raises(CannotStart, match='CREATE ROLE "new_app" LOGIN') as refused:
        migrate(owner, new_app)
    assert "secret-word" not in refused.value.message
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE ROLE new_app LOGIN")
    try:
        migrate(owner, new_app)
        with psycopg.connect(new_app) as connection:
            assert connection.execute("SELECT count(*) FROM runs").fetchone() == (0,)
    finally:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("DROP OWNED BY new_app CASCADE")
            connection.execute("DROP ROLE new_app")


def test_one_user_cannot_be_both(url: str) -> None:
    with pytest.raises(CannotStart, match="two users"):
        grant(Database(url), Database(url), extensions=(), schemas=())


def test_vectors_made_by_the_owner_become_the_apps(vector_postgres: Postgres) -> None:
    url = vector_postgres.database()
    with psycopg.connect(url) as connection:
        connection.execute("CREATE SCHEMA vectors")
        connection.execute("CREATE TABLE vectors.collections (id uuid)")
    migrate(url, as_app(url))
    with psycopg.connect(as_app(url)) as connection:
        connection.execute("DROP TABLE vectors.collections")
        connection.execute("CREATE TABLE vectors.base_1 (embedding public.vector(3))")
