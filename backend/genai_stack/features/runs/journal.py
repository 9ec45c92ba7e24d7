"""The journal: what runs do, committed in groups before anyone is told.

Every run writes into a log of its own; one task commits what all logs have, at once. Text comes in pieces: the first
goes out immediately, later ones share an event for up to `TEXT_WINDOW_SECONDS`, and a commit with those of all other
runs. Only the current attempt of a run is written.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import msgspec
import structlog
from sqlalchemy import Insert, bindparam, delete, insert, select, tuple_, update

from genai_stack.engine.events import AnswerDelta, Data, NodeFailed, NodeFinished, RunFinished, Thinking
from genai_stack.errors import Busy, DatabaseUnavailable, StackError
from genai_stack.features.runs.event_encoding import event_body
from genai_stack.features.runs.tables import Event, NodeOutputRow, Run
from genai_stack.infra.database.database import Database, Transaction
from genai_stack.infra.database.scope import Scope
from genai_stack.infra.pubsub.pubsub import PubSub
from genai_stack.infra.telemetry import metrics

TEXT_WINDOW_SECONDS = 0.05  # in which later pieces of a text share an event
COMMIT_DELAY_SECONDS = 0.004  # after each full window: what was read at the window's end is committed together
SILENCE_SECONDS = 0.2  # without text after which the next piece goes out at once again
TAIL_EVENTS = 256  # committed events of a running run that are kept at hand for its readers
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


@dataclass(frozen=True, slots=True)
class CommittedEvent:
    """A committed event: `body` is what every reader gets."""

    seq: int
    type: str
    body: str


@dataclass(slots=True)
class Ending:
    """What is committed together with the last event of a run: its row's new values, and rows elsewhere."""

    values: dict[str, Any]
    rows: Sequence[tuple[Insert, dict[str, Any]]] = ()


@dataclass(slots=True)
class _Unwritten:
    frames: list[CommittedEvent] = field(default_factory=list[CommittedEvent])
    outputs: list[dict[str, str]] = field(default_factory=list[dict[str, str]])
    ending: Ending | None = None


class RunLog:
    """The log of one attempt at one run; the engine's `Log`."""

    __slots__ = (
        "_journal", "_seq", "_speaker", "_spoke_at", "_text", "_waiting",
        "attempt", "ended", "lost", "run_id", "scope", "tail", "unwritten",
    )  # fmt: skip

    def __init__(self, journal: "Journal", scope: Scope, run_id: str, attempt: int, last_seq: int) -> None:
        self.scope, self.run_id, self.attempt = scope, run_id, attempt
        self.tail: list[CommittedEvent] = []
        """The last committed events, at hand for readers."""
        self.ended: RunFinished | None = None
        self.lost: BaseException | None = None
        self.unwritten = _Unwritten()
        self._journal = journal
        self._seq = last_seq
        self._text: list[str] = []
        self._speaker: tuple[str, str] | None = None
        self._spoke_at = 0.0
        self._waiting: list[asyncio.Future[None]] = []

    def write(self, node_id: str | None, data: Data, outputs: object | None = None) -> int:
        if self._text:
            self.flush_text()
        seq = self._append(node_id, data)
        if isinstance(data, NodeFinished | NodeFailed):
            metrics.node_ended(data.type, "finished" if isinstance(data, NodeFinished) else "failed", data.duration_ms)
        if outputs is not None and node_id is not None and isinstance(data, NodeFinished):
            kept = msgspec.json.encode(outputs).decode()
            row = {"run_id": self.run_id, "node_id": node_id, "workspace_id": self.scope.workspace_id, "outputs": kept}
            self.unwritten.outputs.append(row)
        self._journal.kick(self)
        return seq

    def append_text(self, node_id: str, kind: Literal["answer", "reasoning"], text: str) -> None:
        if self._speaker != (node_id, kind):
            self.flush_text()
            self._speaker = (node_id, kind)
        self._text.append(text)
        if self._journal.now() - self._spoke_at >= SILENCE_SECONDS:
            self.flush_text()
            self._journal.kick(self)
        else:
            self._journal.flush_soon(self)

    def crashed(self, node_id: str, error: Exception) -> None:
        log.error("node.crashed", node_id=node_id, exc_info=error)

    def end(self, data: RunFinished, ending: Ending) -> None:
        """The last event, and what is committed with it."""
        self.ended = data
        if self._text:
            self.flush_text()
        self.unwritten.ending = ending
        self._append(None, data)
        self._journal.kick(self)

    async def settled(self) -> None:
        if self.lost is not None:
            raise self.lost
        if self._text:
            self.flush_text()
        if self.unwritten.frames or self._journal.is_writing(self):
            waiter = self._journal.future()
            self._waiting.append(waiter)
            self._journal.kick(self)
            await waiter

    def flush_text(self) -> None:
        if not self._text or self._speaker is None:
            return
        node_id, kind = self._speaker
        text = self._text[0] if len(self._text) == 1 else "".join(self._text)
        self._text.clear()
        self._spoke_at = self._journal.now()
        self._append(node_id, AnswerDelta(text) if kind == "answer" else Thinking(text, "reasoning"))

    def _append(self, node_id: str | None, data: Data) -> int:
        if self.lost is not None:
            raise self.lost
        self._seq += 1
        body = event_body(self.run_id, self._seq, node_id, time.time(), data)
        self.unwritten.frames.append(CommittedEvent(self._seq, data.event, body))
        return self._seq

    def committed(self, frames: list[CommittedEvent]) -> None:
        self.tail += frames
        if len(self.tail) > 2 * TAIL_EVENTS:
            del self.tail[:-TAIL_EVENTS]
        if not self.unwritten.frames:
            self._release(None)

    def lose(self, error: BaseException) -> None:
        """Nothing of this attempt is written any more."""
        self.lost = error
        self._release(error)

    def _release(self, error: BaseException | None) -> None:
        waiting, self._waiting = self._waiting, []
        for waiter in waiting:
            if not waiter.done():
                waiter.set_exception(error) if error else waiter.set_result(None)


class Journal:
    """One for each process. `start` it before runs write, `close` it after the last one."""

    def __init__(self, database: Database, pubsub: PubSub) -> None:
        self._database, self._pubsub = database, pubsub
        self._logs: dict[str, RunLog] = {}
        self._dirty: dict[str, RunLog] = {}
        self._writing: dict[str, RunLog] = {}
        self._talking: dict[str, RunLog] = {}
        self._tick: asyncio.TimerHandle | None = None
        self._kicked = asyncio.Event()
        self._closing = False
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._loop = asyncio.get_running_loop()
        self.now: Callable[[], float] = self._loop.time
        self.future: Callable[[], asyncio.Future[None]] = self._loop.create_future
        self._task = self._loop.create_task(self._write_on())

    async def close(self) -> None:
        """Commit what is left, then stop."""
        self._closing = True
        self._kicked.set()
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

    def kick(self, run_log: RunLog) -> None:
        self._dirty[run_log.run_id] = run_log
        self._kicked.set()

    def is_writing(self, run_log: RunLog) -> bool:
        return run_log.run_id in self._writing

    def flush_soon(self, run_log: RunLog) -> None:
        self._talking[run_log.run_id] = run_log
        if self._tick is None:
            self._tick = self._loop.call_later(
                TEXT_WINDOW_SECONDS + COMMIT_DELAY_SECONDS - self.now() % TEXT_WINDOW_SECONDS, self._flush_talking
            )

    def _flush_talking(self) -> None:
        self._tick = None
        talking, self._talking = self._talking, {}
        for run_log in talking.values():
            if run_log.lost is None:
                run_log.flush_text()
                self.kick(run_log)

    async def _write_on(self) -> None:
        while self._dirty or not self._closing:
            await self._kicked.wait()
            await asyncio.sleep(0)  # what others write in this turn of the loop shares the commit
            self._kicked.clear()
            self._writing, self._dirty = self._dirty, {}
            batch = [(run_log, run_log.unwritten) for run_log in self._writing.values() if run_log.unwritten.frames]
            for run_log, _ in batch:
                run_log.unwritten = _Unwritten()
            try:
                if batch:
                    await self._commit_patiently(batch)
            finally:
                idle = [run_log for run_log in self._writing.values() if not run_log.unwritten.frames]
                self._writing = {}
                for run_log in idle:
                    run_log.committed([])

    async def _commit_patiently(self, batch: list[tuple[RunLog, _Unwritten]]) -> None:
        """Tries again while the database is away; after `COMMIT_RETRY_SECONDS` the runs of the batch are lost."""
        deadline, pause, commit_unknown = self.now() + COMMIT_RETRY_SECONDS, 0.05, False
        while True:
            try:
                began = time.perf_counter()
                fenced = await self._commit(batch, commit_unknown=commit_unknown)
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
        events = sum(len(unwritten.frames) for _, unwritten in batch)
        metrics.journal_committed(time.perf_counter() - began, events)
        for run_log, unwritten in batch:
            if run_log.run_id in fenced:
                run_log.lose(StaleAttempt("Another worker has taken this run up."))
            else:
                run_log.committed(unwritten.frames)

    async def _commit(self, batch: list[tuple[RunLog, _Unwritten]], *, commit_unknown: bool) -> set[str]:
        """The runs that were not written, since another attempt has them."""

        def write(transaction: Transaction) -> set[str]:
            if commit_unknown and (written := _written(transaction, batch)):
                return {run_log.run_id for run_log, _ in batch} - written
            return _write(transaction, batch, self._pubsub)

        return await self._database.run_write(write)


def _written(transaction: Transaction, batch: list[tuple[RunLog, _Unwritten]]) -> set[str]:
    """The runs of a batch, all in one commit, whose fate is not known, that are there."""
    first = [(run_log.run_id, unwritten.frames[0].seq) for run_log, unwritten in batch]
    return set(transaction.execute(select(Event.run_id).where(tuple_(Event.run_id, Event.seq).in_(first))).scalars())


def _write(transaction: Transaction, batch: list[tuple[RunLog, _Unwritten]], pubsub: PubSub) -> set[str]:
    """Writes what may be written; returns the runs whose attempt is no longer the current one."""
    rows = transaction.execute(_attempts, {"ids": [run_log.run_id for run_log, _ in batch]})
    current = {row.id: row.attempt for row in rows}
    fenced = {run_log.run_id for run_log, _ in batch if current.get(run_log.run_id) != run_log.attempt}
    events: list[dict[str, Any]] = []
    outputs: list[dict[str, str]] = []
    ended: list[str] = []  # what a run is resumed by goes with its end
    for run_log, unwritten in batch:
        if run_log.run_id not in fenced:
            run_id, workspace = run_log.run_id, run_log.scope.workspace_id
            events += [
                {"r": run_id, "s": frame.seq, "w": workspace, "t": frame.type, "b": frame.body}
                for frame in unwritten.frames
            ]
            if unwritten.ending is None:
                outputs += unwritten.outputs
            else:
                ended.append(run_id)
    with transaction.pipeline():
        if events:
            transaction.execute(_insert_event, events)
            written = [run_log.run_id for run_log, _ in batch if run_log.run_id not in fenced]
            pubsub.publish(transaction, [*(f"run:{run}" for run in written), *(f"ended:{run}" for run in ended)])
        if outputs:
            transaction.execute(_insert_output, outputs)
        if ended:
            transaction.execute(_delete_outputs, {"ids": ended})
        for run_log, unwritten in batch:
            if unwritten.ending is not None and run_log.run_id not in fenced:
                values = {f"new_{name}": value for name, value in unwritten.ending.values.items()}
                transaction.execute(_end_run, {"run": run_log.run_id, **values})
                for statement, row in unwritten.ending.rows:
                    transaction.execute(statement, row)
    return fenced
