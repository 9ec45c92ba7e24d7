"""What an operator does between two starts: migrate, and change the secret key."""

import asyncio

from genai_stack.app import schema
from genai_stack.app.bootstrap import open_database, own_folder
from genai_stack.app.settings import Settings
from genai_stack.cli import terminal
from genai_stack.errors import CannotStart
from genai_stack.features.credentials import store as credentials
from genai_stack.infra.database import roles
from genai_stack.infra.database.database import Database
from genai_stack.infra.secrets import Secrets, keys_in, new_key, write_keys
from genai_stack.integrations.vectors.pgvector_ground import SCHEMA as VECTORS_SCHEMA


async def migrate(settings: Settings) -> None:
    """Bring the database to this version's schema."""
    with own_folder(settings):
        database = Database(settings.owner_database_url) if settings.owner_database_url else open_database(settings)
        try:
            await schema.migrate(database)
            if settings.owner_database_url:
                await _grant(database, open_database(settings))
            if settings.secret_key is None:
                keys_in(settings.data)  # makes the first one, for all processes that share this directory
        finally:
            await database.close()
    terminal.write(f"The database has schema {schema.HEAD}.")


async def _grant(owner: Database, app: Database) -> None:
    try:
        await asyncio.to_thread(roles.grant, owner, app, extensions=("vector",), schemas=(VECTORS_SCHEMA,))
        await schema.check(app)  # the app's user gets in, and reads
    finally:
        await app.close()


async def rotate_keys(settings: Settings) -> None:
    """Encrypt every credential with a new key. Killed at any moment, every credential stays readable.

    Where the key is in the data directory, no process may be using it: they would know the old key only.
    """
    with own_folder(settings, alone=True):
        database = open_database(settings)
        try:
            await schema.check(database)
            count = await _rotate(settings, database)
        finally:
            await database.close()
    terminal.write(f"{count} API keys are encrypted with the new secret key.")


async def _rotate(settings: Settings, database: Database) -> int:
    if settings.secret_key is not None:
        keys = settings.secret_key.replace(",", " ").split()
        if len(keys) == 1:
            raise CannotStart(
                "The secret key is given by GENAI_STACK_SECRET_KEY. Put a new one in front of it, separated by a "
                f"comma, such as {new_key()}, and run this command again. Then remove the old one."
            )
        async with database.write() as session:
            return await credentials.re_encrypt_all(session, Secrets(keys))
    keys = [new_key(), *keys_in(settings.data)]
    write_keys(settings.data, keys)
    async with database.write() as session:
        count = await credentials.re_encrypt_all(session, Secrets(keys))
    write_keys(settings.data, keys[:1])
    return count
