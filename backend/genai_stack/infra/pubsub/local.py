"""Wake within this process."""

import asyncio
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from functools import partial

from genai_stack.infra.database.database import Transaction


class LocalBell:
    """Rings once for all that came since the last wait."""

    __slots__ = ("_rung", "_waiter")

    def __init__(self) -> None:
        self._rung = False
        self._waiter: asyncio.Future[None] | None = None

    def ring(self) -> None:
        self._rung = True
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    async def wait(self, seconds: float) -> None:
        if not self._rung:
            loop = asyncio.get_running_loop()
            self._waiter = loop.create_future()
            late = loop.call_later(seconds, self.ring)
            try:
                await self._waiter
            finally:
                late.cancel()
                self._waiter = None
        self._rung = False


class LocalWake:
    """Bells by topic."""

    trouble = None

    def __init__(self) -> None:
        self._bells: dict[str, set[LocalBell]] = {}

    def tell(self, transaction: Transaction, topics: Sequence[str]) -> None:
        transaction.afterwards(partial(self.ring, topics))

    def ring(self, topics: Sequence[str]) -> None:
        for topic in topics:
            for bell in self._bells.get(topic, ()):
                bell.ring()

    def ring_all(self) -> None:
        for bells in self._bells.values():
            for bell in bells:
                bell.ring()

    @contextmanager
    def listen(self, topic: str) -> Generator[LocalBell]:
        bell = LocalBell()
        bells = self._bells.setdefault(topic, set())
        bells.add(bell)
        try:
            yield bell
        finally:
            bells.discard(bell)
            if not bells and self._bells.get(topic) is bells:
                del self._bells[topic]
