"""PostgreSQL's engines: connections that may die between two uses, and a database that may be away for a moment."""

import asyncio
import contextlib
import json
import time
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar, cast

from sqlalchemy import Connection, event
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, InvalidatePoolError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.util import await_only

from genai_stack.errors import DatabaseUnavailable

if TYPE_CHECKING:
    from psycopg import AsyncConnection

CONNECTIONS = 6  # of a process, to write; as many again to read
WAIT = 30.0  # seconds for a connection
CONNECT = 5  # seconds for a new one
IDLE = 0.5  # seconds without use, after which a connection is tried before it is used
AWAY = 3.0  # seconds for which the database may be away before it is told
PAUSE = 0.1  # seconds between attempts meanwhile
LONG = 20  # digits of a number that no whole number in a request has

T = TypeVar("T")


def engine(url: URL, **options: Any) -> AsyncEngine:
    made = create_async_engine(
        url,
        pool_size=CONNECTIONS,
        max_overflow=0,
        pool_timeout=WAIT,
        connect_args={"connect_timeout": CONNECT},
        json_deserializer=_json,
        **options,
    )
    event.listen(made.sync_engine, "checkin", _note_use)
    event.listen(made.sync_engine, "checkout", _try_idle)
    return made


async def retry_while_unavailable(do: Callable[[], Awaitable[T]]) -> T:
    """Does it again while the database is away, for `AWAY` seconds; only for what may be done twice."""
    deadline = time.monotonic() + AWAY
    while True:
        try:
            return await do()
        except DatabaseUnavailable as error:
            if error.commit_unknown or time.monotonic() > deadline:
                raise
        await asyncio.sleep(PAUSE)


@contextmanager
def in_one_way(connection: Connection) -> Generator[None]:
    """What is executed within goes out without waiting for answers, which nobody looks at; errors come at the end."""
    from psycopg import Error  # noqa: PLC0415 (ten megabytes that SQLite does not need)

    driver = cast("AsyncConnection", connection.connection.driver_connection)
    pipeline = driver.pipeline()
    await_only(pipeline.__aenter__())
    try:
        yield
    except BaseException:
        with contextlib.suppress(Error):
            await_only(pipeline.__aexit__(None, None, None))
        raise
    try:
        await_only(pipeline.__aexit__(None, None, None))
    except Error as error:
        lost = connection.dialect.is_disconnect(cast("Any", error), None, None)
        told = DBAPIError.instance(
            None, None, error, Error, dialect=connection.dialect, connection_invalidated=lost, hide_parameters=True
        )
        raise told from error


def _note_use(connection: Any, record: Any) -> None:
    del connection
    record.info["used"] = time.monotonic()


def _try_idle(connection: Any, record: Any, proxy: Any) -> None:
    """A ping before every use, as the pool's own would be, costs more than most statements."""
    del proxy
    if time.monotonic() - record.info.get("used", float("inf")) < IDLE or "used" not in record.info:
        return
    try:
        cursor = connection.cursor()
        cursor.execute("SELECT 1")
        cursor.close()
        connection.rollback()
    except Exception as error:
        raise InvalidatePoolError from error


def _json(text: str) -> Any:
    """JSONB writes 1e21 as a whole number: read as what it was, as from SQLite."""
    return json.loads(text, parse_int=lambda digits: int(digits) if len(digits.lstrip("-")) < LONG else float(digits))
