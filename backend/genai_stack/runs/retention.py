"""Ended runs lose their deltas after a time, and go after another.

Each step is a short transaction with a pause behind it: SQLite has one writer, which also carries the runs that go on.
One that is killed in between goes on where it was, since what is left to do is asked of the database.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import TypeVar

import structlog
from sqlalchemy import Delete, Select, and_, bindparam, delete, func, or_, select, update

from genai_stack.engine.events import ENDED
from genai_stack.storage.columns import Moment, now
from genai_stack.storage.database import Database, Transaction
from genai_stack.storage.scope import Scope
from genai_stack.storage.tables import Event, NodeOutput, Run

AT_ONCE = 500  # events in one transaction: a few milliseconds
LISTED = 200  # runs that are looked for at once
TOGETHER = 20  # runs of a deleted workflow that go in one transaction, unless they have more events than that
PAUSE = 0.01  # seconds after each transaction of a round, for what others have to write
ROUND = 20.0  # seconds after which the rest is left for the next round

_ended = Run.status.in_(ENDED)
_long_ended = and_(_ended, Run.finished_at < bindparam("before", type_=Moment()))
_with_deltas = select(Run.id).where(Run.has_deltas, _long_ended).order_by(Run.finished_at).limit(LISTED)
_without_deltas = select(Run.id).where(~Run.has_deltas, _long_ended).order_by(Run.finished_at).limit(LISTED)
_of_workflow = (
    select(Run.id)
    .where(Run.workflow_id == bindparam("workflow"), Run.workspace_id == bindparam("workspace"), _ended)
    .limit(bindparam("most"))
)

# As `engine.events` writes it, without a space; within a text, quotes stand behind a backslash.
_reasoning = and_(Event.type == "thinking", Event.body.contains('"kind":"reasoning"'))
_is_delta = or_(Event.type == "answer.delta", _reasoning)
_of_run = Event.run_id == bindparam("run")
_span = Event.seq.between(bindparam("first"), bindparam("last"))
_deltas = select(Event.seq).where(_of_run, Event.seq > bindparam("after"), _is_delta).order_by(Event.seq).limit(AT_ONCE)
_delete_deltas = delete(Event).where(_of_run, _span, _is_delta)
_last_events = select(Event.seq).where(_of_run).order_by(Event.seq.desc()).limit(AT_ONCE)
_delete_events = delete(Event).where(_of_run, _span)
# In the commit with which the first delta goes, so that a run that lacks any says so.
_say_trimmed = (
    update(Run)
    .where(Run.id == bindparam("run"), Run.trimmed_at.is_(None))
    .values(trimmed_at=bindparam("moment", type_=Moment()))
)
_say_all_gone = update(Run).where(Run.id == bindparam("run")).values(has_deltas=False)
_delete_outputs = delete(NodeOutput).where(NodeOutput.run_id == bindparam("run"))
_delete_run = delete(Run).where(Run.id == bindparam("run"))
_some_events = select(Event.seq).where(Event.run_id.in_(bindparam("runs", expanding=True))).limit(AT_ONCE)
_count_events = select(func.count()).select_from(_some_events.subquery())
_delete_runs = delete(Run).where(Run.id.in_(bindparam("runs", expanding=True)))

T = TypeVar("T")

log = structlog.get_logger(__name__)


class Retention:
    """`keep_deltas` and `keep_runs` count from a run's end; None is for ever."""

    def __init__(self, database: Database, *, keep_deltas: timedelta | None, keep_runs: timedelta | None) -> None:
        self._database = database
        self._keep_runs = keep_runs
        times = [kept for kept in (keep_deltas, keep_runs) if kept is not None]
        self._keep_deltas = min(times, default=None)  # a run that goes loses its deltas first

    async def tidy(self) -> None:
        """One round."""
        until = time.monotonic() + ROUND
        if self._keep_deltas is not None:
            await self._each(_with_deltas, self._keep_deltas, self.trim, "runs.trimmed", until)
        if self._keep_runs is not None:
            await self._each(_without_deltas, self._keep_runs, self._remove, "runs.removed", until)

    async def trim(self, run_id: str) -> None:
        """An ended run's deltas go; its other events keep their numbers."""
        moment = now()
        after = 0

        def some(transaction: Transaction) -> int | None:
            transaction.execute(_say_trimmed, {"run": run_id, "moment": moment})
            seqs = _delete_some(transaction, run_id, _deltas, _delete_deltas, after=after)
            if len(seqs) < AT_ONCE:
                transaction.execute(_delete_outputs, {"run": run_id})  # of a version that kept them
                transaction.execute(_say_all_gone, {"run": run_id})
                return None
            return seqs[-1]

        while (last := await self._step(some)) is not None:
            after = last

    async def remove_of_workflow(self, scope: Scope, workflow_id: str) -> None:
        """The ended runs of a workflow that is being deleted, so that little is left to go with it at once."""
        asked = {"workflow": workflow_id, "workspace": scope.workspace_id, "most": TOGETHER}

        def some(transaction: Transaction) -> Sequence[str]:
            """Those that are too large to go together."""
            run_ids = transaction.execute(_of_workflow, asked).scalars().all()
            if (transaction.scalar(_count_events, {"runs": run_ids}) or 0) >= AT_ONCE:
                return run_ids
            transaction.execute(_delete_runs, {"runs": run_ids})
            return ()

        while await self._database.fetch(lambda part: part.scalar(_of_workflow, asked)):
            for run_id in await self._step(some, pause=0):
                await self._remove(run_id, pause=0)

    async def _remove(self, run_id: str, pause: float = PAUSE) -> None:
        """With its events, the last ones first: what is left of them can be read until the run is gone."""

        def some(transaction: Transaction) -> bool:
            seqs = _delete_some(transaction, run_id, _last_events, _delete_events)
            if gone := len(seqs) < AT_ONCE:
                transaction.execute(_delete_run, {"run": run_id})
            return gone

        while not await self._step(some, pause):
            pass

    async def _each(
        self,
        runs: Select[str],
        kept: timedelta,
        do: Callable[[str], Awaitable[None]],
        told: str,
        until: float,
    ) -> None:
        asked = {"before": now() - kept}
        count = 0
        while run_ids := await self._database.fetch(lambda part: part.execute(runs, asked).scalars().all()):
            for run_id in run_ids:
                await do(run_id)
                count += 1
                if time.monotonic() > until:
                    log.info(told, count=count, more=True)
                    return
        if count:
            log.info(told, count=count)

    async def _step(self, work: Callable[[Transaction], T], pause: float = PAUSE) -> T:
        done = await self._database.transact(work)
        await asyncio.sleep(pause)
        return done


def _delete_some(transaction: Transaction, run_id: str, find: Select[int], remove: Delete, **asked: int) -> list[int]:
    """The numbers of the events that went, in order."""
    seqs = sorted(transaction.execute(find, {"run": run_id, **asked}).scalars())
    if seqs:
        transaction.execute(remove, {"run": run_id, "first": seqs[0], "last": seqs[-1]})
    return seqs
