"""What every process stands on: the data directory, the secret keys, the database with its schema and a workspace."""

import fcntl
import os
from collections.abc import Generator
from contextlib import contextmanager

import structlog
from sqlalchemy.exc import IntegrityError

from genai_stack.app import schema
from genai_stack.app.settings import Settings
from genai_stack.errors import CannotStart
from genai_stack.features.knowledge import example
from genai_stack.features.workflows import store
from genai_stack.features.workflows.templates import EXAMPLE
from genai_stack.features.workspaces.tables import Workspace
from genai_stack.infra.database import roles
from genai_stack.infra.database.database import Database, WriteSession
from genai_stack.infra.database.scope import THE_WORKSPACE
from genai_stack.infra.secrets import FILE_NAME as SECRET_KEY
from genai_stack.infra.secrets import Secrets, keys_in

log = structlog.get_logger(__name__)


def open_database(settings: Settings) -> Database:
    return Database(settings.database_url) if settings.database_url else Database.in_folder(settings.data)


def open_secrets(settings: Settings) -> Secrets:
    keys = settings.secret_key.replace(",", " ").split() if settings.secret_key else keys_in(settings.data)
    return Secrets(keys)


@contextmanager
def own_folder(settings: Settings, *, alone: bool = False) -> Generator[None]:
    """The data directory, made when missing, for this process alone; distributed, many share it, or none is needed.

    `alone`: also where many may share it, this process must be the only one.
    """
    if settings.is_distributed and settings.secret_key:
        yield
        return
    folder = settings.data
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise CannotStart(f"The data directory {folder} cannot be used: {error.strerror}.") from error
    try:
        try:
            shared = settings.is_distributed and not alone
            fcntl.flock(lock, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except OSError as error:
            raise CannotStart(
                f"Another GenAI Stack server is using the data directory {folder}. "
                "Stop it, or choose another directory with --data."
            ) from error
        yield
    finally:
        os.close(lock)


def secrets_of_all(settings: Settings) -> Secrets:
    """Many processes must have one key, so that none of them makes it."""
    if settings.is_distributed and not settings.secret_key and not (settings.data / SECRET_KEY).exists():
        raise CannotStart(
            f"There is no secret key that all processes share: {settings.data} holds none. Set "
            "GENAI_STACK_SECRET_KEY, or let `genai-stack migrate` make one in a data directory that all of them use."
        )
    return open_secrets(settings)


async def prepare(database: Database, *, example_wanted: bool) -> None:
    """SQLite migrates by itself; PostgreSQL by `genai-stack migrate`. A new workspace gets the example."""
    if database.is_sqlite and await schema.found(database) != schema.HEAD:
        await schema.migrate(database)
    elif not database.is_sqlite:
        await schema.check(database)
        await roles.check_powers(database)
    try:
        async with database.write() as session:
            if await session.get(Workspace, THE_WORKSPACE.workspace_id) is None:
                session.add(Workspace(id=THE_WORKSPACE.workspace_id, name="Workspace"))
                await session.flush()
                if example_wanted:
                    await _plant_example(session)
    except IntegrityError:
        log.info("workspace.made_by_another")  # a process that started at the same moment


async def _plant_example(session: WriteSession) -> None:
    workflow = await store.add(session, THE_WORKSPACE, EXAMPLE.name, EXAMPLE.description, EXAMPLE.configuration)
    await example.install(session, THE_WORKSPACE, workflow.id, workflow.name)
