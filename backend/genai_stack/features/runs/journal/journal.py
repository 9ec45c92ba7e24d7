"""The journal: what runs do, committed in groups before anyone is told.

Every run writes into a log of its own; one task commits what all logs have, at once. Text comes in pieces: the first
goes out immediately, later ones share an event for up to `TEXT_WINDOW_SECONDS`, and a commit with those of all other
runs. Only the current attempt of a run is written.
"""

import asyncio
import time
from collections.abc import Callable
from typing import Any

import structlog
from sqlalchemy import bindparam, delete, insert, select, tuple_, update

from genai_stack.errors import Busy, DatabaseUnavailable, StackError
from genai_stack.features.runs.journal.run_log import RunLog, Unwritten
from genai_stack.features.runs.tables import Event, NodeOutputRow, Run
from genai_stack.infra.database.database import Database, Transaction
from genai_stack.infra.database.scope import Scope
from genai_stack.infra.pubsub.pubsub import PubSub
from genai_stack.infra.telemetry import metrics

TEXT_WINDOW_SECONDS = 0.05  # in which later pieces of a text share an event
COMMIT_DELAY_SECONDS = 0.004  # after each full window: what was read at the window's end is committed together
COMMIT_RETRY_SECONDS = 30.0  # for which commits are tried while the database is away

_insert_event = insert(Event).values(
    run_id=bindparam("r"), seq=bindparam("s"), workspace_id=bindparam("w"), type=bindparam("t"), body=bindparam("b")
)
_insert_output = insert(NodeOutputRow)
_delete_outputs = delete(NodeOutputRow).where(NodeOutputRow.run_id.in_(bindparam("ids", expanding=True)))
_end_run = (
    update(Run)
    .where(Run.id == bindparam("run"))
    .values(
        {
            name: bindparam(f"new_{name}")
            for name in ("status", "answer", "sources", "usage", "finish_reason", "error", "finished_at")
        }
    )
)
# The rows stay locked until the commit, so that nobody takes a run up in between.
_attempts = select(Run.id, Run.attempt).where(Run.id.in_(bindparam("ids", expanding=True))).with_for_update(read=True)

log = structlog.get_logger(__name__)


class StaleAttempt(StackError):
    """Another attempt owns the run now: this one must not write."""

    code = "FENCED"


class Journal:
    """One for each process. `start` it before runs write, `close` it after the last one."""

    def __init__(self, database: Database, pubsub: PubSub) -> None:
        self._database, self._pubsub = database, pubsub
        self._logs: dict[str, RunLog] = {}
        self._dirty: dict[str, RunLog] = {}
        self._writing: dict[str, RunLog] = {}
        self._streaming: dict[str, RunLog] = {}
        self._tick: asyncio.TimerHandle | None = None
        self._has_work = asyncio.Event()
        self._closing = False
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._loop = asyncio.get_running_loop()
        self.now: Callable[[], float] = self._loop.time
        self.future: Callable[[], asyncio.Future[None]] = self._loop.create_future
        self._task = self._loop.create_task(self._commit_on())

    async def close(self) -> None:
        """Commit what is left, then stop."""
        self._closing = True
        self._has_work.set()
        if self._task is not None:
            await self._task

    def open(self, scope: Scope, run_id: str, attempt: int, last_seq: int) -> RunLog:
        opened = self._logs[run_id] = RunLog(self, scope, run_id, attempt, last_seq)
        return opened

    def shut(self, run_log: RunLog) -> None:
        if self._logs.get(run_log.run_id) is run_log:
            del self._logs[run_log.run_id]

    def at_hand(self, run_id: str) -> RunLog | None:
        """The log of a run that is being written in this process."""
        return self._logs.get(run_id)

    def commit_soon(self, run_log: RunLog) -> None:
        self._dirty[run_log.run_id] = run_log
        self._has_work.set()

    def is_committing(self, run_log: RunLog) -> bool:
        return run_log.run_id in self._writing

    def flush_text_soon(self, run_log: RunLog) -> None:
        self._streaming[run_log.run_id] = run_log
        if self._tick is None:
            self._tick = self._loop.call_later(
                TEXT_WINDOW_SECONDS + COMMIT_DELAY_SECONDS - self.now() % TEXT_WINDOW_SECONDS, self._flush_streaming
            )

    def _flush_streaming(self) -> None:
        self._tick = None
        streaming, self._streaming = self._streaming, {}
        for run_log in streaming.values():
            if run_log.lost is None:
                run_log.flush_text()
                self.commit_soon(run_log)

    async def _commit_on(self) -> None:
        while self._dirty or not self._closing:
            await self._has_work.wait()
            await asyncio.sleep(0)  # what others write in this turn of the loop shares the commit
            self._has_work.clear()
            self._writing, self._dirty = self._dirty, {}
            batch = [(run_log, run_log.unwritten) for run_log in self._writing.values() if run_log.unwritten.events]
            for run_log, _ in batch:
                run_log.unwritten = Unwritten()
            try:
                if batch:
                    await self._commit_with_retries(batch)
            finally:
                idle = [run_log for run_log in self._writing.values() if not run_log.unwritten.events]
                self._writing = {}
                for run_log in idle:
                    run_log.committed([])

    async def _commit_with_retries(self, batch: list[tuple[RunLog, Unwritten]]) -> None:
        """Tries again while the database is away; after `COMMIT_RETRY_SECONDS` the runs of the batch are lost."""
        deadline, pause, commit_unknown = self.now() + COMMIT_RETRY_SECONDS, 0.05, False
        while True:
            try:
                began = time.perf_counter()
                stale = await self._commit(batch, commit_unknown=commit_unknown)
                break
            except Exception as error:
                metrics.journal_failed()
                if not isinstance(error, Busy) or self.now() > deadline:
                    log.exception("journal.lost", runs=[run_log.run_id for run_log, _ in batch])
                    for run_log, _ in batch:
                        run_log.lose(error)
                    return
                commit_unknown = commit_unknown or (isinstance(error, DatabaseUnavailable) and error.commit_unknown)
                log.warning("journal.waits", reason=str(error))
                await asyncio.sleep(pause)
                pause = min(pause * 2, 1.0)
        events = sum(len(unwritten.events) for _, unwritten in batch)
        metrics.journal_committed(time.perf_counter() - began, events)
        for run_log, unwritten in batch:
            if run_log.run_id in stale:
                run_log.lose(StaleAttempt("Another worker has taken over this run."))
            else:
                run_log.committed(unwritten.events)

    async def _commit(self, batch: list[tuple[RunLog, Unwritten]], *, commit_unknown: bool) -> set[str]:
        """The runs that were not written, since another attempt has them."""

        def write(transaction: Transaction) -> set[str]:
            if commit_unknown and (written := _written(transaction, batch)):
                return {run_log.run_id for run_log, _ in batch} - written
            return _write(transaction, batch, self._pubsub)

        return await self._database.run_write(write)


def _written(transaction: Transaction, batch: list[tuple[RunLog, Unwritten]]) -> set[str]:
    """The runs of a batch, all in one commit, whose fate is not known, that are there."""
    first = [(run_log.run_id, unwritten.events[0].seq) for run_log, unwritten in batch]
    return set(transaction.execute(select(Event.run_id).where(tuple_(Event.run_id, Event.seq).in_(first))).scalars())


def _write(transaction: Transaction, batch: list[tuple[RunLog, Unwritten]], pubsub: PubSub) -> set[str]:
    """Writes what may be written; returns the runs whose attempt is no longer the current one."""
    rows = transaction.execute(_attempts, {"ids": [run_log.run_id for run_log, _ in batch]})
    current = {row.id: row.attempt for row in rows}
    stale = {run_log.run_id for run_log, _ in batch if current.get(run_log.run_id) != run_log.attempt}
    writable = [(run_log, unwritten) for run_log, unwritten in batch if run_log.run_id not in stale]
    events = [row for run_log, unwritten in writable for row in _event_rows(run_log, unwritten)]
    outputs = [row for _, unwritten in writable if unwritten.end is None for row in unwritten.outputs]
    ended = [run_log.run_id for run_log, unwritten in writable if unwritten.end is not None]
    with transaction.pipeline():
        if events:
            transaction.execute(_insert_event, events)
            written = [f"run:{run_log.run_id}" for run_log, _ in writable]
            pubsub.publish(transaction, [*written, *(f"ended:{run_id}" for run_id in ended)])
        if outputs:
            transaction.execute(_insert_output, outputs)
        if ended:
            transaction.execute(_delete_outputs, {"ids": ended})  # only an unended run is resumed by them
        for run_log, unwritten in writable:
            if unwritten.end is not None:
                values = {f"new_{name}": value for name, value in unwritten.end.values.items()}
                transaction.execute(_end_run, {"run": run_log.run_id, **values})
                for statement, row in unwritten.end.rows:
                    transaction.execute(statement, row)
    return stale


def _event_rows(run_log: RunLog, unwritten: Unwritten) -> list[dict[str, Any]]:
    run_id, workspace_id = run_log.run_id, run_log.scope.workspace_id
    return [
        {"r": run_id, "s": event.seq, "w": workspace_id, "t": event.type, "b": event.body} for event in unwritten.events
    ]
