"""Places for work that is heavy: so many at once, so many that wait, and a refusal for the rest."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from genai_stack.errors import Busy

RETRY_SECONDS = 2.0


class Places:
    """`what` is the work for people, such as "pages are being drawn"."""

    def __init__(self, what: str, *, running: int, waiting: int) -> None:
        self._what = what
        self._free = asyncio.Semaphore(running)
        self._waiting, self._most_waiting = 0, waiting

    @asynccontextmanager
    async def take(self) -> AsyncGenerator[None]:
        """A place, in the order of asking. Raises Busy where too many wait already."""
        if self._free.locked() and self._waiting >= self._most_waiting:
            raise Busy(f"Too many {self._what} at once. Try again in a moment.", retry_after=RETRY_SECONDS)
        self._waiting += 1
        try:
            await self._free.acquire()
        finally:
            self._waiting -= 1
        try:
            yield
        finally:
            self._free.release()
