"""The database: one writer and many readers on SQLite, a pool on PostgreSQL."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext
from pathlib import Path
from typing import Any, TypeVar, cast

from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.orm import Session
from sqlalchemy.pool import QueuePool
from sqlalchemy.util import greenlet_spawn

from genai_stack.errors import CannotStart, DatabaseUnavailable
from genai_stack.infra.database import in_place, postgresql
from genai_stack.infra.database.failures import database_errors, error_of

FILE_NAME = "genai-stack.db"
READERS = 4  # SQLite connections for reading
WAIT = 30.0  # seconds for a connection
LOCKED = 250  # milliseconds for SQLite's lock, which another program may hold


T = TypeVar("T")


class Transaction:
    """A transaction on the hot path: statements of SQLAlchemy Core, one after another, with nothing awaited between."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.execute = connection.execute
        self.scalar = connection.scalar
        self._on_commit: list[Callable[[], None]] = []

    def on_commit(self, do: Callable[[], None]) -> None:
        """Done when the transaction is committed, and never if it is not."""
        self._on_commit.append(do)

    def committed(self) -> None:
        for do in self._on_commit:
            do()

    def pipeline(self) -> AbstractContextManager[None]:
        """Writes whose results nobody looks at: over a network they cost one way there and back, not one each."""
        over_a_network = self.connection.dialect.name == "postgresql"
        return postgresql.in_one_way(self.connection) if over_a_network else nullcontext()


class ReadSession(AsyncSession):
    """Reads only."""


class _RetryingReadSession(ReadSession):
    """Asks again while PostgreSQL is away: between two statements it holds nothing that could get lost."""

    async def execute(self, *arguments: Any, **options: Any) -> Any:
        return await self._retry_while_unavailable(super().execute, arguments, options)

    async def scalar(self, *arguments: Any, **options: Any) -> Any:
        return await self._retry_while_unavailable(super().scalar, arguments, options)

    async def scalars(self, *arguments: Any, **options: Any) -> Any:
        return await self._retry_while_unavailable(super().scalars, arguments, options)

    async def get(self, *arguments: Any, **options: Any) -> Any:
        return await self._retry_while_unavailable(super().get, arguments, options)

    async def _retry_while_unavailable(self, ask: Callable[..., Awaitable[T]], arguments: Any, options: Any) -> T:
        async def do() -> T:
            try:
                with database_errors():
                    return await ask(*arguments, **options)
            except DatabaseUnavailable:
                self.expunge_all()  # what was read stays as it was read
                await self.rollback()
                raise

        return await postgresql.retry_while_unavailable(do)


class WriteSession(ReadSession):
    """Reads and writes; committed once, by whoever opened it."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._parts: list[Transaction] = []

    async def take_part(self, work: Callable[[Transaction], T]) -> T:
        """Do work of the hot path within this session's transaction."""

        def within(session: Session) -> T:
            part = Transaction(session.connection())
            self._parts.append(part)
            return work(part)

        return await self.run_sync(within)

    def committed(self) -> None:
        for part in self._parts:
            part.committed()


class _InPlace(AsyncSession):
    """A session whose driver awaits nothing, and which therefore needs no protection against being cancelled.

    SQLAlchemy closes a session in a task of its own, and the connection is not free before that task's turn: of many
    sessions at once, most would wait for it.
    """

    async def __aexit__(self, *error: object) -> None:
        await self.close()


class _InPlaceReadSession(_InPlace, ReadSession): ...


class _InPlaceWriteSession(_InPlace, WriteSession): ...


class Database:
    """Where all rows are. `url` is a SQLAlchemy URL of SQLite or PostgreSQL."""

    def __init__(self, url: str) -> None:
        self.url = _parsed(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self._read_session = _InPlaceReadSession if self.is_sqlite else _RetryingReadSession
        self._threaded_session = ReadSession if self.is_sqlite else _RetryingReadSession
        self._write_session = _InPlaceWriteSession if self.is_sqlite else WriteSession
        if self.is_sqlite:
            self._writer = _sqlite(self.url.set(drivername=in_place.WRITER), 1, _prepare_writer)
            self._reader = _sqlite(self.url.set(drivername=in_place.READER), READERS, _prepare_reader)
            self._threaded = _sqlite(self.url, READERS, _prepare_reader)
        else:
            self._writer = postgresql.engine(self.url)
            # Each statement stands alone, as between two of a transaction others commit anyway: two ways less for each.
            self._reader = self._threaded = postgresql.engine(self.url, isolation_level="AUTOCOMMIT")

    @classmethod
    def in_folder(cls, folder: Path) -> "Database":
        return cls(f"sqlite:///{folder / FILE_NAME}")

    def connections(self) -> dict[str, tuple[int, int]]:
        """By pool: how many connections are in use, and how many there may be."""
        pools = {"write": self._writer, "read": self._reader, "read_much": self._threaded}
        named = pools if self.is_sqlite else {name: pools[name] for name in ("write", "read")}
        counted = {name: cast("QueuePool", engine.pool) for name, engine in named.items()}
        return {name: (pool.checkedout(), pool.size()) for name, pool in counted.items()}

    @property
    def conninfo(self) -> str:
        """The address of a PostgreSQL database as libpq takes it, password included: never to be shown."""
        return self.url.set(drivername="postgresql").render_as_string(hide_password=False)

    @property
    def engine(self) -> AsyncEngine:
        """The engine that writes, for migrations."""
        return self._writer

    @asynccontextmanager
    async def read(self) -> AsyncGenerator[ReadSession]:
        """For a few rows: on SQLite the loop waits for them."""
        with database_errors():
            async with self._read_session(self._reader, expire_on_commit=False) as session:
                yield session

    @asynccontextmanager
    async def read_much(self) -> AsyncGenerator[ReadSession]:
        """For many or large rows: on SQLite a thread reads them."""
        with database_errors():
            async with self._threaded_session(self._threaded, expire_on_commit=False) as session:
                yield session

    @asynccontextmanager
    async def write(self) -> AsyncGenerator[WriteSession]:
        """Commits when its block ends well, and takes everything back when it does not."""
        with database_errors():
            async with self._write_session(self._writer, expire_on_commit=False) as session:
                async with session.begin():
                    await self._retry_while_unavailable(lambda: _connect(session))
                    yield session
                session.committed()

    async def run_read(self, work: Callable[[Transaction], T]) -> T:
        """Reads on the hot path: a tenth of what a session costs. `work` may be done again."""
        return await self._retry_while_unavailable(lambda: _read_in_greenlet(self._reader.sync_engine, work))

    async def run_write(self, work: Callable[[Transaction], T]) -> T:
        """Writes on the hot path: committed when `work` returns, taken back when it raises; it may be done again."""
        transaction, result = await self._retry_while_unavailable(
            lambda: _write_in_greenlet(self._writer.sync_engine, work)
        )
        transaction.committed()
        return result

    async def _retry_while_unavailable(self, do: Callable[[], Awaitable[T]]) -> T:
        return await (do() if self.is_sqlite else postgresql.retry_while_unavailable(do))

    async def close(self) -> None:
        for engine in (self._threaded, self._reader, self._writer):
            await engine.dispose()


async def _connect(session: AsyncSession) -> None:
    with database_errors():
        await session.connection()


async def _read_in_greenlet(engine: Engine, work: Callable[[Transaction], T]) -> T:
    with database_errors():
        return await greenlet_spawn(_run_read, engine, work)


def _run_read(engine: Engine, work: Callable[[Transaction], T]) -> T:
    with engine.connect() as connection:
        return work(Transaction(connection))


async def _write_in_greenlet(engine: Engine, work: Callable[[Transaction], T]) -> tuple[Transaction, T]:
    with database_errors():
        return await greenlet_spawn(_run_write, engine, work)


def _run_write(engine: Engine, work: Callable[[Transaction], T]) -> tuple[Transaction, T]:
    with engine.connect() as connection, connection.begin() as begun:
        transaction = Transaction(connection)
        result = work(transaction)
        try:
            begun.commit()
        except DBAPIError as error:
            raise error_of(error, commit_unknown=True) or error from error
        return transaction, result


def _sqlite(url: URL, connections: int, prepare: Callable[[Any, object], None]) -> AsyncEngine:
    engine = create_async_engine(
        url, pool_size=connections, max_overflow=0, pool_timeout=WAIT, connect_args={"isolation_level": None}
    )
    event.listen(engine.sync_engine, "connect", prepare)
    return engine


DRIVERS = {
    "sqlite": "sqlite+aiosqlite",
    "sqlite+aiosqlite": "sqlite+aiosqlite",
    "postgresql": "postgresql+psycopg",
    "postgres": "postgresql+psycopg",
    "postgresql+psycopg": "postgresql+psycopg",
}


def _parsed(text: str) -> URL:
    try:
        url = make_url(text)
    except ArgumentError:
        url = None
    if url is None or url.drivername not in DRIVERS:
        raise CannotStart(  # without the text: it may hold a password
            "GENAI_STACK_DATABASE_URL is not a database address. It must begin with postgresql://."
        ) from None
    return url.set(drivername=DRIVERS[url.drivername])


def _prepare_writer(connection: Any, record: object) -> None:
    del record
    _pragmas(connection, "journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", f"busy_timeout={LOCKED}")


def _prepare_reader(connection: Any, record: object) -> None:
    del record
    connection.create_function("lower", 1, _lower, deterministic=True)
    _pragmas(connection, "query_only=ON", f"busy_timeout={LOCKED}")


def _lower(text: str | None) -> str | None:
    """As PostgreSQL does it; SQLite's own knows ASCII only."""
    return None if text is None else text.lower()


def _pragmas(connection: Any, *settings: str) -> None:
    cursor = connection.cursor()
    for setting in settings:
        cursor.execute(f"PRAGMA {setting}")
    cursor.close()
