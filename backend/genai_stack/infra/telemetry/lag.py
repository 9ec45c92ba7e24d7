"""How late the event loop is: one timer, for the whole life of the process."""

import asyncio
from typing import Final

from genai_stack.infra.telemetry import metrics

EVERY: Final = 0.25  # seconds


class LagWatch:
    """`start` it in the loop that is watched."""

    def start(self) -> "LagWatch":
        self._loop = asyncio.get_running_loop()
        self._set()
        return self

    def close(self) -> None:
        self._timer.cancel()

    def _set(self) -> None:
        self._due = self._loop.time() + EVERY
        self._timer = self._loop.call_at(self._due, self._look)

    def _look(self) -> None:
        metrics.loop_lagged(max(0.0, self._loop.time() - self._due))
        self._set()
