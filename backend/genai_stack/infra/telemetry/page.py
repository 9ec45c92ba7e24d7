"""The page that Prometheus reads: what was counted, and how things stand at this moment."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from time import monotonic
from typing import Final

import structlog
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4, generate_latest

from genai_stack.errors import Busy
from genai_stack.infra.telemetry import metrics

FRESH: Final = 1.0  # seconds for which what was read of the database is shown again
PATIENCE: Final = 2.0  # seconds that the database may take: Prometheus gives up after 10

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many jobs of a queue wait; `oldest` is the age of the first one, in seconds."""

    depth: int = 0
    oldest: float = 0.0


@dataclass(frozen=True, slots=True)
class Standing:
    """Of all processes together: runs that have not ended, by state, and queues, by name."""

    runs: Mapping[str, int] = field(default_factory=dict[str, int])
    queues: Mapping[str, Waiting] = field(default_factory=dict[str, Waiting])


class MetricsPage:
    """Await it for the content and its type. `standing` reads the database, `connections` tells of its pools."""

    def __init__(
        self,
        standing: Callable[[], Awaitable[Standing]],
        connections: metrics.Connections,
        *,
        fresh: float = FRESH,
        patience: float = PATIENCE,
    ) -> None:
        self._standing, self._connections = standing, connections
        self._fresh, self._patience = fresh, patience
        self._reading = asyncio.Lock()
        self._due = 0.0

    async def __call__(self) -> tuple[bytes, str]:
        async with self._reading:
            if monotonic() >= self._due:
                await self._read()
                self._due = monotonic() + self._fresh
            # Some thousand lines take 20 ms: in a thread, the loop goes on meanwhile.
            return await asyncio.to_thread(generate_latest, metrics.REGISTRY), CONTENT_TYPE_PLAIN_0_0_4

    async def _read(self) -> None:
        """A database that does not answer is told as such, and its numbers are left out rather than kept."""
        try:
            async with asyncio.timeout(self._patience):
                now = await self._standing()
        except (Busy, TimeoutError):
            now = None
        except Exception:  # told, and what was counted is shown all the same
            log.exception("metrics.unread")
            now = None
        metrics.database_up.set(now is not None)
        found = now or Standing()
        metrics.tell(metrics.runs, found.runs)
        metrics.tell(metrics.queue_depth, {name: queue.depth for name, queue in found.queues.items()})
        metrics.tell(metrics.queue_age, {name: queue.oldest for name, queue in found.queues.items()})
        pools = self._connections()
        metrics.tell(metrics.connections, {name: used for name, (used, _) in pools.items()})
        metrics.tell(metrics.most_connections, {name: most for name, (_, most) in pools.items()})
