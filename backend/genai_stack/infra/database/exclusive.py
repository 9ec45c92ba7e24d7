"""One process at a time: a lock that PostgreSQL keeps, and lets go of when its holder dies."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from sqlalchemy import text

from genai_stack.infra.database.database import Database, WriteSession

# For as long as the transaction, whose connection is idle meanwhile; it holds no snapshot, so VACUUM goes on.
LOCK = text(
    "SELECT pg_try_advisory_xact_lock(hashtextextended(:name, 0)),"
    " set_config('idle_in_transaction_session_timeout', '0', true)"
)


class Hold:
    def __init__(self, session: WriteSession | None) -> None:
        self._session = session

    async def check(self) -> None:
        """Raises StorageAway where the connection, and with it the lock, was lost."""
        if self._session is not None:
            await self._session.execute(text("SELECT 1"))


@asynccontextmanager
async def exclusive(database: Database, name: str) -> AsyncGenerator[Hold | None]:
    """None where another has it. Takes one of the writing connections, so who uses it bounds how many at once.

    On SQLite one process has everything, and this holds nothing.
    """
    if database.is_sqlite:
        yield Hold(None)
        return
    async with database.write() as session:  # reads have no transaction
        yield Hold(session) if await session.scalar(LOCK, {"name": name}) else None
