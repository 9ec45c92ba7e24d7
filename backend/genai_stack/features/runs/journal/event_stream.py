"""A run's events for a reader: what is committed, then what comes, each once and in order."""

import asyncio
from collections.abc import AsyncGenerator

from genai_stack.engine.events import ENDED
from genai_stack.features.runs import store as records
from genai_stack.features.runs.journal.event_reader import EVENTS_PER_READ, EventLog
from genai_stack.features.runs.journal.journal import Journal
from genai_stack.features.runs.journal.run_log import LoggedEvent
from genai_stack.infra.database.database import Database
from genai_stack.infra.database.scope import Scope
from genai_stack.infra.pubsub.pubsub import PubSub

LAST_EVENT_TYPE = "run.finished"
POLL_SECONDS = 5.0  # after which a reader looks for itself, should a signal be lost


class EventStream:
    """Reads a run's log and goes on as it grows. Readers pull: a slow one holds up nothing, and nothing in memory."""

    def __init__(self, database: Database, journal: Journal, pubsub: PubSub) -> None:
        self._database, self._journal, self._pubsub = database, journal, pubsub
        self._log = EventLog(database)

    async def follow(self, scope: Scope, run_id: str, after: int) -> AsyncGenerator[list[LoggedEvent]]:
        """Events later than `after`, in lists, to the last one of the run; an empty list while nothing happens."""
        with self._pubsub.subscribe(f"run:{run_id}") as subscription:
            while True:
                over = False
                frames = await self.since(scope, run_id, after)
                if not frames and (over := await self._has_ended(scope, run_id)):
                    frames = await self.since(scope, run_id, after)  # what came in between
                if not frames and over:
                    return
                yield frames
                if frames:
                    after = frames[-1].seq
                    if frames[-1].type == LAST_EVENT_TYPE:
                        return
                if len(frames) < EVENTS_PER_READ:
                    await subscription.wait(POLL_SECONDS)

    async def ended_within(self, scope: Scope, run_id: str, seconds: float) -> bool:
        """Whether the run ends before the time is over."""
        with self._pubsub.subscribe(f"ended:{run_id}") as subscription:
            loop = asyncio.get_running_loop()
            deadline = loop.time() + seconds
            while True:
                if await self._has_ended(scope, run_id):
                    return True
                remaining = deadline - loop.time()
                if remaining <= 0:
                    return False
                await subscription.wait(min(remaining, POLL_SECONDS))

    async def _has_ended(self, scope: Scope, run_id: str) -> bool:
        run_log = self._journal.at_hand(run_id)
        if run_log is not None:
            return bool(run_log.tail) and run_log.tail[-1].type == LAST_EVENT_TYPE
        status = await self._database.run_read(lambda tx: records.status(tx, scope, run_id))
        return status is None or status in ENDED  # one that was deleted says no more

    async def since(self, scope: Scope, run_id: str, after: int) -> list[LoggedEvent]:
        """Up to a page of the events later than `after`."""
        run_log = self._journal.at_hand(run_id)
        if run_log is not None and run_log.tail and run_log.tail[0].seq <= after + 1:
            skipped = after + 1 - run_log.tail[0].seq
            return run_log.tail[skipped:]
        return await self._log.since(scope, run_id, after)
