"""PostgreSQL's two roles: the owner, who migrates, and the app, who reads and writes rows and nothing else."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sqlalchemy import text

from genai_stack.errors import CannotStart
from genai_stack.infra.database.database import Database

if TYPE_CHECKING:
    from psycopg import Connection
    from psycopg.sql import Composed

POWERS_SQL = text("SELECT rolname, rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user")
ROLE_EXISTS_SQL = "SELECT true FROM pg_roles WHERE rolname = %s"
GRANTS_SQL = (
    "GRANT USAGE ON SCHEMA {schema} TO {role}",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {role}",
    "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA {schema} TO {role}",
    "REVOKE INSERT, UPDATE, DELETE ON {schema}.alembic_version FROM {role}",
)


async def check_powers(database: Database) -> None:
    """Refuses a role that no right and no policy binds."""
    name, unbound = await database.run_read(lambda read: read.execute(POWERS_SQL).one())
    if unbound:
        raise CannotStart(
            f"The database's user {name} is a superuser, or bypasses row security, and must not serve. Put "
            "GENAI_STACK_DATABASE_URL=postgresql://genai_stack_app:PASSWORD@… here, with a password of your choice, "
            "then make that user by GENAI_STACK_OWNER_DATABASE_URL=(the address you have now) genai-stack migrate."
        )


def grant(owner: Database, app: Database, *, extensions: Sequence[str], schemas: Sequence[str]) -> None:
    """Makes the role of `app`, or sets its password, and lets it read and write rows; blocks.

    `extensions` are made where the owner may; `schemas` are the app's own, for what can be made anew at any time.
    Raises CannotStart with the SQL that an administrator has to run where the owner may not make roles.
    """
    import psycopg  # noqa: PLC0415 (ten megabytes that SQLite does not need)
    from psycopg import sql  # noqa: PLC0415

    name = app.url.username
    if not name or name == owner.url.username or app.url.database != owner.url.database:
        raise CannotStart(
            "GENAI_STACK_DATABASE_URL and GENAI_STACK_OWNER_DATABASE_URL name one database and two users: the app's, "
            "such as genai_stack_app, and the owner's."
        )
    with psycopg.connect(owner.conninfo) as connection:
        _make_role(connection, name, str(app.url.password) if app.url.password else None)
        schema = connection.execute("SELECT current_schema()").fetchone()
        names = {"role": sql.Identifier(name), "schema": sql.Identifier(schema[0] if schema else "public")}
        for statement in GRANTS_SQL:
            connection.execute(sql.SQL(statement).format(**names))
        for extension in extensions:
            _try(connection, [sql.SQL("CREATE EXTENSION IF NOT EXISTS {}").format(sql.Identifier(extension))])
        for own in schemas:
            _try(connection, _given(connection, own, name))


def _make_role(connection: "Connection", name: str, password: str | None) -> None:
    from psycopg import errors, sql  # noqa: PLC0415

    exists = connection.execute(ROLE_EXISTS_SQL, [name]).fetchone() is not None
    verb = sql.SQL("ALTER" if exists else "CREATE")
    role = sql.SQL("{} ROLE {} LOGIN").format(verb, sql.Identifier(name))
    if password is not None:  # as a verifier, so that no log of the server shows the password itself
        verifier = connection.pgconn.encrypt_password(password.encode(), name.encode(), b"scram-sha-256")
        role += sql.SQL(" PASSWORD {}").format(sql.Literal(verifier.decode()))
    try:
        with connection.transaction():
            connection.execute(role)
    except errors.InsufficientPrivilege as error:
        if not exists:
            raise CannotStart(
                "GENAI_STACK_OWNER_DATABASE_URL's user may not make roles. Let an administrator run this, with the "
                "password of GENAI_STACK_DATABASE_URL, then run `genai-stack migrate` again:\n"
                f"  CREATE ROLE {sql.Identifier(name).as_string()} LOGIN PASSWORD '…';"
            ) from error


def _given(connection: "Connection", schema: str, name: str) -> "list[Composed]":
    """A schema with all its tables, to be the role's own."""
    from psycopg import sql  # noqa: PLC0415

    found = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s", [schema]).fetchall()
    own, role = sql.Identifier(schema), sql.Identifier(name)
    return [
        sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(own),
        sql.SQL("ALTER SCHEMA {} OWNER TO {}").format(own, role),
        *(
            sql.SQL("ALTER TABLE {} OWNER TO {}").format(sql.Identifier(schema, table), role)
            for (table,) in found
        ),
    ]  # fmt: skip


def _try(connection: "Connection", statements: "Sequence[Composed]") -> None:
    """Where the owner may not, or the extension is not installed, `/readyz` says what an administrator has to do."""
    from psycopg import errors  # noqa: PLC0415

    try:
        with connection.transaction():
            for statement in statements:
                connection.execute(statement)
    except (errors.InsufficientPrivilege, errors.FeatureNotSupported, errors.UndefinedFile):
        pass
