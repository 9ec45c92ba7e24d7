"""The database: one writer and many readers on SQLite, a pool on PostgreSQL."""

import sqlite3
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine

from genai_stack.errors import StorageAway, StorageFull

FILE_NAME = "genai-stack.db"
READERS = 4  # SQLite connections for reading
POOL = 10  # PostgreSQL connections of a process
WAIT = 10.0  # seconds for a connection, or for SQLite's writer


class ReadSession(AsyncSession):
    """Reads only."""


class WriteSession(ReadSession):
    """Reads and writes; committed once, by whoever opened it."""


class Database:
    """Where all rows are. `url` is a SQLAlchemy URL of SQLite or PostgreSQL."""

    def __init__(self, url: str) -> None:
        self.url = _with_driver(make_url(url))
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self._writer = self._sqlite_writer() if self.is_sqlite else self._postgresql()
        self._reader = self._sqlite_readers() if self.is_sqlite else self._writer

    @classmethod
    def in_folder(cls, folder: Path) -> "Database":
        return cls(f"sqlite:///{folder / FILE_NAME}")

    @property
    def engine(self) -> AsyncEngine:
        """The engine that writes, for migrations."""
        return self._writer

    @asynccontextmanager
    async def read(self) -> AsyncGenerator[ReadSession]:
        with _told():
            async with ReadSession(self._reader, expire_on_commit=False) as session:
                yield session

    @asynccontextmanager
    async def write(self) -> AsyncGenerator[WriteSession]:
        """Commits when its block ends well, and takes everything back when it does not."""
        with _told():
            async with WriteSession(self._writer, expire_on_commit=False) as session, session.begin():
                yield session

    async def close(self) -> None:
        await self._reader.dispose()
        await self._writer.dispose()

    def _sqlite_writer(self) -> AsyncEngine:
        engine = create_async_engine(
            self.url, pool_size=1, max_overflow=0, pool_timeout=WAIT * 3, connect_args={"isolation_level": None}
        )
        event.listen(engine.sync_engine, "connect", _prepare_writer)
        event.listen(engine.sync_engine, "begin", _begin_immediate)
        return engine

    def _sqlite_readers(self) -> AsyncEngine:
        engine = create_async_engine(
            self.url, pool_size=READERS, max_overflow=0, pool_timeout=WAIT * 3, connect_args={"isolation_level": None}
        )
        event.listen(engine.sync_engine, "connect", _prepare_reader)
        return engine

    def _postgresql(self) -> AsyncEngine:
        return create_async_engine(self.url, pool_size=POOL, max_overflow=0, pool_timeout=WAIT, pool_pre_ping=True)


def _with_driver(url: URL) -> URL:
    drivers = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+psycopg", "postgres": "postgresql+psycopg"}
    return url.set(drivername=drivers.get(url.drivername, url.drivername))


def _prepare_writer(connection: Any, record: object) -> None:
    del record
    _pragmas(connection, "journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", f"busy_timeout={WAIT * 1000:.0f}")


def _prepare_reader(connection: Any, record: object) -> None:
    del record
    _pragmas(connection, "query_only=ON", f"busy_timeout={WAIT * 1000:.0f}")


def _pragmas(connection: Any, *settings: str) -> None:
    cursor = connection.cursor()
    for setting in settings:
        cursor.execute(f"PRAGMA {setting}")
    cursor.close()


def _begin_immediate(connection: Any) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


class _told:  # noqa: N801 (read as a phrase: with _told())
    """Says in a sentence that the database is away or full."""

    def __enter__(self) -> None: ...

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, PoolTimeout):
            raise StorageAway("The database is too busy to answer. Try again in a moment.") from error
        if not isinstance(error, DBAPIError):
            return
        said = str(error.orig)
        if (isinstance(error.orig, sqlite3.OperationalError) and "full" in said) or "No space left" in said:
            raise StorageFull(
                "No space is left for the database. Free some, then try again.", retry_after=30
            ) from error
        if error.connection_invalidated or isinstance(error, InterfaceError | OperationalError):
            raise StorageAway("The database does not answer. Try again in a moment.") from error
