"""SQLite in place: when the lock is taken, and that statements are compiled once."""

import asyncio
import warnings
from pathlib import Path

import pytest
from sqlalchemy import text

from genai_stack.errors import DatabaseUnavailable
from genai_stack.infra.database.database import READERS, Database, Transaction


async def test_a_transaction_takes_the_lock_as_it_begins(tmp_path: Path) -> None:
    one, other = Database.in_folder(tmp_path), Database.in_folder(tmp_path)
    async with one.write():
        with pytest.raises(DatabaseUnavailable, match="Try again"):
            await other.run_write(lambda tx: tx.scalar(text("SELECT 1")))
        assert await other.run_read(lambda tx: tx.scalar(text("SELECT 1"))) == 1
    assert await other.run_write(lambda tx: tx.scalar(text("SELECT 1"))) == 1
    await one.close()
    await other.close()


async def test_what_a_failed_transaction_wrote_is_gone(tmp_path: Path) -> None:
    database = Database.in_folder(tmp_path)
    await database.run_write(lambda tx: tx.execute(text("CREATE TABLE seen (number)")))

    def write(tx: Transaction) -> None:
        tx.execute(text("INSERT INTO seen VALUES (1)"))
        raise ValueError("after the first row")

    with pytest.raises(ValueError, match="after the first row"):
        await database.run_write(write)
    assert await database.run_read(lambda tx: tx.scalar(text("SELECT count(*) FROM seen"))) == 0
    await database.close()


async def test_statements_are_compiled_once(tmp_path: Path) -> None:
    database = Database.in_folder(tmp_path)
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # SQLAlchemy warns of a dialect whose statements it does not keep
        await database.run_write(lambda tx: tx.scalar(text("SELECT 1")))
        await database.run_read(lambda tx: tx.scalar(text("SELECT 1")))
    await database.close()


async def test_many_readers_at_once_do_not_wait_for_one_another(tmp_path: Path) -> None:
    """Each is done before the loop's next turn, however few connections there are."""
    database = Database.in_folder(tmp_path)

    async def read() -> int:
        async with database.read() as session:
            return await session.scalar(text("SELECT 1")) or 0

    assert await read() == 1  # opens the database
    readers = [asyncio.ensure_future(read()) for _ in range(20 * READERS)]
    await asyncio.sleep(0)  # one turn, in which all of them begin
    assert [reader.done() for reader in readers] == [True] * len(readers)
    await database.close()
