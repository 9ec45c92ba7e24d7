"""Publish and subscribe within this process."""

import asyncio
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from functools import partial

from genai_stack.infra.database.database import Transaction


class LocalSubscription:
    """One signal for all that was published since the last wait."""

    __slots__ = ("_notified", "_waiter")

    def __init__(self) -> None:
        self._notified = False
        self._waiter: asyncio.Future[None] | None = None

    def notify(self) -> None:
        self._notified = True
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    async def wait(self, seconds: float) -> None:
        if not self._notified:
            loop = asyncio.get_running_loop()
            self._waiter = loop.create_future()
            late = loop.call_later(seconds, self.notify)
            try:
                await self._waiter
            finally:
                late.cancel()
                self._waiter = None
        self._notified = False


class LocalPubSub:
    """Subscriptions by topic."""

    degraded_reason = None

    def __init__(self) -> None:
        self._subscriptions: dict[str, set[LocalSubscription]] = {}

    def publish(self, transaction: Transaction, topics: Sequence[str]) -> None:
        transaction.on_commit(partial(self.notify, topics))

    def notify(self, topics: Sequence[str]) -> None:
        for topic in topics:
            for subscription in self._subscriptions.get(topic, ()):
                subscription.notify()

    def notify_all(self) -> None:
        for subscriptions in self._subscriptions.values():
            for subscription in subscriptions:
                subscription.notify()

    @contextmanager
    def subscribe(self, topic: str) -> Generator[LocalSubscription]:
        subscription = LocalSubscription()
        subscriptions = self._subscriptions.setdefault(topic, set())
        subscriptions.add(subscription)
        try:
            yield subscription
        finally:
            subscriptions.discard(subscription)
            if not subscriptions and self._subscriptions.get(topic) is subscriptions:
                del self._subscriptions[topic]
