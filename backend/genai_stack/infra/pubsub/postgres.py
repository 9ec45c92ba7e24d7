"""Publish and subscribe across processes: PostgreSQL's NOTIFY carries the topics."""

import asyncio
import os
from collections.abc import Sequence
from contextlib import AbstractContextManager

import psycopg
import structlog
from sqlalchemy import text

from genai_stack.infra.database.database import Database, Transaction
from genai_stack.infra.pubsub.local import LocalPubSub, LocalSubscription

CHANNEL = "genai_stack_wake"
TOPICS_PER_NOTIFICATION = 150  # in one notification, whose payload must stay below 8,000 bytes
RECONNECT_SECONDS = 0.5  # before a lost connection is made anew

_notify = text("SELECT pg_notify(:channel, :payload)").bindparams(channel=CHANNEL)

log = structlog.get_logger(__name__)


class PostgresPubSub:
    """One connection listens for the whole process; what a transaction publishes goes out with its commit."""

    def __init__(self, database: Database) -> None:
        self._conninfo = database.conninfo
        self._local = LocalPubSub()
        self._me = os.urandom(6).hex()
        self._sent = 0
        self._listening: asyncio.Task[None] | None = None
        self.degraded_reason: str | None = "Not connected yet."

    def start(self) -> None:
        self._listening = asyncio.create_task(self._listen())

    async def close(self) -> None:
        if self._listening is not None:
            self._listening.cancel()
            await asyncio.gather(self._listening, return_exceptions=True)

    def publish(self, transaction: Transaction, topics: Sequence[str]) -> None:
        self._local.publish(transaction, topics)
        for at in range(0, len(topics), TOPICS_PER_NOTIFICATION):
            transaction.execute(_notify, {"payload": self._payload(topics[at : at + TOPICS_PER_NOTIFICATION])})

    def subscribe(self, topic: str) -> AbstractContextManager[LocalSubscription]:
        return self._local.subscribe(topic)

    def _payload(self, topics: Sequence[str]) -> str:
        """Numbered: PostgreSQL merges equal ones of a transaction."""
        self._sent += 1
        return f"{self._me} {self._sent} {' '.join(topics)}"

    async def _listen(self) -> None:
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(self._conninfo, autocommit=True) as line:
                    await line.execute(f"LISTEN {CHANNEL}")
                    self.degraded_reason = None
                    self._local.notify_all()  # who waits may have missed something meanwhile
                    async for notification in line.notifies():
                        self._take(notification.payload)
            except psycopg.Error as error:
                self.degraded_reason = (
                    "The connection for live updates is lost and is being restored. Until then updates arrive late."
                )
                log.warning("pubsub.away", reason=str(error).strip())
            await asyncio.sleep(RECONNECT_SECONDS)

    def _take(self, payload: str) -> None:
        sender, _, *topics = payload.split(" ")
        if sender != self._me:
            self._local.notify(topics)
