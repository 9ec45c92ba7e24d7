"""SQLite without a thread: a statement runs where it is awaited.

A statement of this program takes 20 to 100 µs, and a hop to a thread and back ten times as long, during which the
thread also waits for the interpreter's lock (docs/performance.md). Large reads use the threaded driver.
"""

from typing import Any

from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.engine import URL
from sqlalchemy.pool import AsyncAdaptedQueuePool, Pool
from typing_extensions import override

READER, WRITER = "sqlite+in_place", "sqlite+in_place_writer"


class InPlace(SQLiteDialect_pysqlite):
    """pysqlite under SQLAlchemy's asyncio: only waiting for a connection is awaited."""

    driver = "in_place"
    is_async = True
    supports_statement_cache = True

    @classmethod
    def get_pool_class(cls, url: URL) -> type[Pool]:
        return AsyncAdaptedQueuePool

    def create_connect_args(self, url: URL) -> Any:
        arguments, options = super().create_connect_args(url)
        return arguments, {**options, "check_same_thread": False}


class InPlaceWriter(InPlace):
    """Takes SQLite's lock as a transaction begins, so that none fails half-way because another one writes."""

    supports_statement_cache = True

    @override
    def do_begin(self, dbapi_connection: Any) -> None:
        dbapi_connection.execute("BEGIN IMMEDIATE")


registry.register("sqlite.in_place", __name__, InPlace.__name__)
registry.register("sqlite.in_place_writer", __name__, InPlaceWriter.__name__)
