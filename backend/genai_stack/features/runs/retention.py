"""Ended runs lose their deltas after a time, and go after another.

Each step is a short transaction with a pause behind it: SQLite has one writer, which also carries the runs that go on.
One that is killed in between goes on where it was, since what is left to do is asked of the database.
"""

import asyncio
import math
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import structlog
from sqlalchemy import (
    JSON,
    Delete,
    Integer,
    Select,
    Text,
    and_,
    bindparam,
    cast,
    delete,
    or_,
    select,
    type_coerce,
    update,
)

from genai_stack.engine.events import ENDED
from genai_stack.features.runs.tables import Event, NodeOutputRow, Run
from genai_stack.infra.database.columns import Moment, now
from genai_stack.infra.database.database import Database, Transaction
from genai_stack.infra.database.scope import Scope

EVENTS_PER_TRANSACTION = 500  # events in one transaction, of many runs or of one: a few milliseconds
RUN_COST_EVENTS = 10  # what a run costs besides, in events
RUNS_PER_QUERY = 200  # runs that are looked for at once
PAUSE_SECONDS = 0.01  # after each transaction, for what others have to write
ROUND_SECONDS = 20.0  # after which the rest is left for the next round

_ended = Run.status.in_(ENDED)
_long_ended = and_(_ended, Run.finished_at < bindparam("before", type_=Moment()))
_with_deltas = select(Run.id).where(Run.has_deltas, _long_ended).order_by(Run.finished_at).limit(RUNS_PER_QUERY)
_without_deltas = select(Run.id).where(~Run.has_deltas, _long_ended).order_by(Run.finished_at).limit(RUNS_PER_QUERY)
_of_workflow = (
    select(Run.id)
    .where(Run.workflow_id == bindparam("workflow"), Run.workspace_id == bindparam("workspace"), _ended)
    .limit(RUNS_PER_QUERY)
)

# SQLite reads JSON from text, PostgreSQL from JSON.
_event = type_coerce(cast(Event.body, JSON().with_variant(Text(), "sqlite")), JSON)
_reasoning = and_(Event.type == "thinking", _event["data", "kind"].as_string() == "reasoning")
_is_delta = or_(Event.type == "answer.delta", _reasoning)
_of_run = Event.run_id == bindparam("run")
_span = Event.seq.between(bindparam("first"), bindparam("last"))
_most = bindparam("most", type_=Integer())
_deltas = select(Event.seq).where(_of_run, _is_delta).order_by(Event.seq).limit(_most)
_delete_deltas = delete(Event).where(_of_run, _span, _is_delta)
_last_events = select(Event.seq).where(_of_run).order_by(Event.seq.desc()).limit(_most)
_delete_events = delete(Event).where(_of_run, _span)
# In the commit with which the first delta goes, so that a run that lacks any says so.
_say_trimmed = (
    update(Run)
    .where(Run.id == bindparam("run"), Run.trimmed_at.is_(None))
    .values(trimmed_at=bindparam("moment", type_=Moment()))
)
_say_all_gone = update(Run).where(Run.id == bindparam("run")).values(has_deltas=False)
_delete_outputs = delete(NodeOutputRow).where(NodeOutputRow.run_id == bindparam("run"))
_delete_run = delete(Run).where(Run.id == bindparam("run"))

Some = Callable[[Transaction, str, int], int]
"""Takes up to so many events of a run away, and answers how many. Fewer: it is done with the run."""

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
        until = time.monotonic() + ROUND_SECONDS
        if self._keep_deltas is not None:
            asked = {"before": now() - self._keep_deltas}
            if count := await self._each(_with_deltas, asked, _trim, until=until):
                log.info("runs.trimmed", count=count)
        if self._keep_runs is not None:
            asked = {"before": now() - self._keep_runs}
            if count := await self._each(_without_deltas, asked, _remove, until=until):
                log.info("runs.removed", count=count)

    async def remove_of_workflow(self, scope: Scope, workflow_id: str) -> None:
        """The ended runs of a workflow that is being deleted, so that little is left to go with it at once."""
        asked = {"workflow": workflow_id, "workspace": scope.workspace_id}
        await self._each(_of_workflow, asked, _remove, pause=0)

    async def _each(
        self,
        runs: Select[str],
        asked: dict[str, Any],
        do: Some,
        *,
        until: float = math.inf,
        pause: float = PAUSE_SECONDS,
    ) -> int:
        """How many runs it is done with."""
        count = 0
        while run_ids := await self._database.run_read(lambda part: part.execute(runs, asked).scalars().all()):
            done = 0
            while done < len(run_ids):
                if time.monotonic() > until:
                    return count + done
                left = run_ids[done:]
                done += await self._database.run_write(lambda part, left=left: _do_some(part, left, do))
                await asyncio.sleep(pause)
            count += done
        return count


def _do_some(transaction: Transaction, run_ids: Sequence[str], do: Some) -> int:
    """With how many runs it is done."""
    left = EVENTS_PER_TRANSACTION
    for number, run_id in enumerate(run_ids):
        if left <= 0:
            return number
        gone = do(transaction, run_id, left)
        if gone == left:
            return number
        left -= gone + RUN_COST_EVENTS
    return len(run_ids)


def _trim(transaction: Transaction, run_id: str, most: int) -> int:
    """Its deltas go; its other events keep their numbers."""
    transaction.execute(_say_trimmed, {"run": run_id, "moment": now()})
    gone = _delete_some(transaction, run_id, _deltas, _delete_deltas, most)
    if gone < most:
        transaction.execute(_delete_outputs, {"run": run_id})  # of a version that kept them
        transaction.execute(_say_all_gone, {"run": run_id})
    return gone


def _remove(transaction: Transaction, run_id: str, most: int) -> int:
    """With its events, the last ones first: what is left of them can be read until the run is gone."""
    gone = _delete_some(transaction, run_id, _last_events, _delete_events, most)
    if gone < most:
        transaction.execute(_delete_run, {"run": run_id})
    return gone


def _delete_some(transaction: Transaction, run_id: str, find: Select[int], remove: Delete, most: int) -> int:
    seqs = sorted(transaction.execute(find, {"run": run_id, "most": most}).scalars())
    if seqs:
        transaction.execute(remove, {"run": run_id, "first": seqs[0], "last": seqs[-1]})
    return len(seqs)
