"""State of a process: whether it is ready, and draining it before it stops."""

import asyncio

from sqlalchemy import text

from genai_stack.app.settings import Settings
from genai_stack.errors import Busy
from genai_stack.features.knowledge.retrieval.index import Index
from genai_stack.infra.database.database import Database
from genai_stack.infra.pubsub.pubsub import PubSub
from genai_stack.infra.queue.queue import Worker


class ProcessState:
    """`worker` is set by processes that do work themselves."""

    def __init__(self, settings: Settings, database: Database, index: Index, pubsub: PubSub) -> None:
        self._settings, self._database, self._index, self._pubsub = settings, database, index, pubsub
        self._draining = False
        self.worker: Worker | None = None

    async def parts(self) -> list[tuple[str, bool, str]]:
        """Each part that is needed: its name, whether it answers, and a sentence.

        Search falls back to SQL while the index is away, and readers poll while notifications do not arrive: both
        are reported and do not make the process unready.
        """
        process = "Shutting down." if self._draining else "Accepting requests."
        return [
            ("process", not self._draining, process),
            await self._database_part(),
            ("index", True, self._index.degraded_reason or "Up to date, or not needed yet."),
            ("pubsub", True, self._pubsub.degraded_reason or "Connected."),
        ]

    async def _database_part(self) -> tuple[str, bool, str]:
        try:
            async with self._database.read() as session:
                await session.scalar(text("SELECT 1"))
        except Busy as error:
            return "database", False, error.message
        return "database", True, "Connected."

    async def drain(self) -> None:
        """Makes the process unready; returns when its work has ended or DRAIN_SECONDS are over."""
        self._draining = True
        work = self.worker.finish(self._settings.drain_seconds) if self.worker else asyncio.sleep(0)
        await asyncio.gather(work, asyncio.sleep(self._settings.unready_seconds))
