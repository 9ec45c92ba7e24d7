"""Wake across processes: PostgreSQL's NOTIFY carries the topics that were told."""

import asyncio
import os
from contextlib import AbstractContextManager

import psycopg
import structlog
from sqlalchemy import text

from genai_stack.errors import Busy
from genai_stack.storage.database import Database
from genai_stack.work.bells import LocalBell, LocalWake

CHANNEL = "genai_stack_wake"
TOPICS = 150  # in one notification, whose payload must stay below 8,000 bytes
PAUSE = 0.5  # seconds before a lost connection is made anew

_notify = text("SELECT pg_notify(:channel, payload) FROM unnest(CAST(:payloads AS text[])) AS payload").bindparams(
    channel=CHANNEL
)

log = structlog.get_logger(__name__)


class PostgresWake:
    """One connection listens for the whole process; what is told in one turn of the loop goes out together."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._local = LocalWake()
        self._me = os.urandom(6).hex()
        self._sent = 0
        self._told: dict[str, None] = {}
        self._more = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        self._tasks = [asyncio.create_task(self._listen()), asyncio.create_task(self._send())]

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def tell(self, topic: str) -> None:
        self._local.tell(topic)
        self._told[topic] = None
        self._more.set()

    def listen(self, topic: str) -> AbstractContextManager[LocalBell]:
        return self._local.listen(topic)

    async def _send(self) -> None:
        """A notification that gets lost costs its readers a poll."""
        while True:
            await self._more.wait()
            await asyncio.sleep(0)
            self._more.clear()
            topics, self._told = list(self._told), {}
            payloads = [self._payload(topics[at : at + TOPICS]) for at in range(0, len(topics), TOPICS)]
            try:
                await self._database.fetch(lambda now, sent=payloads: now.execute(_notify, {"payloads": sent}))
            except Busy as error:
                log.warning("wake.lost", topics=len(topics), reason=error.message)

    def _payload(self, topics: list[str]) -> str:
        """Numbered: PostgreSQL merges equal ones of a transaction."""
        self._sent += 1
        return f"{self._me} {self._sent} {' '.join(topics)}"

    async def _listen(self) -> None:
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(self._database.conninfo, autocommit=True) as line:
                    await line.execute(f"LISTEN {CHANNEL}")
                    self._local.tell_all()  # who waits may have missed something meanwhile
                    async for notification in line.notifies():
                        self._take(notification.payload)
            except psycopg.Error as error:
                log.warning("wake.away", reason=str(error).strip())
            await asyncio.sleep(PAUSE)

    def _take(self, payload: str) -> None:
        sender, _, *topics = payload.split(" ")
        if sender != self._me:
            for topic in topics:
                self._local.tell(topic)
