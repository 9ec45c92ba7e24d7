"""Which schema the database has, and bringing it to the one that this program needs."""

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import DBAPIError

from genai_stack.errors import CannotStart
from genai_stack.features.conversations import tables as _conversations
from genai_stack.features.credentials import tables as _credentials
from genai_stack.features.knowledge import tables as _knowledge
from genai_stack.features.runs import tables as _runs
from genai_stack.features.workflows import tables as _workflows
from genai_stack.features.workspaces import tables as _workspaces
from genai_stack.infra.database import row_counts as _row_counts
from genai_stack.infra.database.database import Database

if TYPE_CHECKING:
    from alembic.config import Config

MODULES_WITH_TABLES = (_workspaces, _credentials, _conversations, _knowledge, _workflows, _runs, _row_counts)
"""Imported so that `Table.metadata` is whole."""

HEAD = "0012"
"""The revision that this program reads and writes; a test holds it against the migrations."""

OTHER_TABLES = ("procrastinate_", "passage_words", "workflow_trigrams", "workflow_numbers")
OTHER_INDICES = ("ix_workflows_trigrams", "ix_workflows_search_key")


def ours(name: str | None, kind: str, parents: object) -> bool:
    """Whether a table or an index is compared with `tables.py`: those of the queue are procrastinate's, and those of
    lexical search and of trigrams are each database's own.
    """
    del parents
    if kind == "index":
        return name not in OTHER_INDICES
    return kind != "table" or name is None or not name.startswith(OTHER_TABLES)


async def found(database: Database) -> str | None:
    """The revision in the database, None where there are no tables yet."""
    try:
        async with database.engine.connect() as connection:
            return await connection.run_sync(_revision)
    except DBAPIError as error:
        raise CannotStart(
            f"The database does not answer: {str(error.orig).strip()}. "
            "Check that it is running and that GENAI_STACK_DATABASE_URL is right."
        ) from error


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


async def migrate(database: Database) -> None:
    """Bring the database to this program's schema; refuses one that a newer program made."""
    async with database.engine.begin() as connection:
        await connection.run_sync(_upgrade)


async def check(database: Database) -> None:
    """Refuse to start on another schema than this program's."""
    revision = await found(database)
    if revision == HEAD:
        return
    if revision is None or revision in _known():
        raise CannotStart("The database's schema is older than this program. Run `genai-stack migrate` first.")
    raise CannotStart(_too_new(revision))


def _upgrade(connection: Connection) -> None:
    from alembic import command  # noqa: PLC0415 (a quarter of a second, needed once a version)

    revision = _revision(connection)
    if revision is not None and revision not in _known():
        raise CannotStart(_too_new(revision))
    config = configuration()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _too_new(revision: str) -> str:
    return (
        f"The database's schema is {revision}, which this program (schema {HEAD}) does not know: "
        "a newer version made it. Start that version, or restore a backup."
    )


def _known() -> set[str]:
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    return {step.revision for step in ScriptDirectory.from_config(configuration()).walk_revisions()}


def configuration() -> "Config":
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config
