"""The log of one attempt at one run: events are numbered here, and wait here until the journal commits them."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

import msgspec
import structlog
from sqlalchemy import Insert

from genai_stack.engine.events import AnswerDelta, Data, NodeFailed, NodeFinished, RunFinished, Thinking
from genai_stack.features.runs.event_encoding import event_body
from genai_stack.infra.database.scope import Scope
from genai_stack.infra.telemetry import metrics

SILENCE_SECONDS = 0.2  # without text after which the next piece goes out at once again
TAIL_EVENTS = 256  # committed events of a running run that are kept at hand for its readers

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class LoggedEvent:
    """A numbered event: `body` is what every reader gets."""

    seq: int
    type: str
    body: str


@dataclass(slots=True)
class RunEnd:
    """What is committed together with the last event of a run: its row's new values, and rows elsewhere."""

    values: dict[str, Any]
    rows: Sequence[tuple[Insert, dict[str, Any]]] = ()


@dataclass(slots=True)
class Unwritten:
    """What the next commit writes of a run."""

    events: list[LoggedEvent] = field(default_factory=list[LoggedEvent])
    outputs: list[dict[str, str]] = field(default_factory=list[dict[str, str]])
    end: RunEnd | None = None


class LogWriter(Protocol):
    """What a log asks of the journal that commits it."""

    def now(self) -> float:
        """Seconds of the event loop's clock."""
        ...

    def future(self) -> "asyncio.Future[None]": ...

    def commit_soon(self, run_log: "RunLog") -> None: ...

    def flush_text_soon(self, run_log: "RunLog") -> None: ...

    def is_committing(self, run_log: "RunLog") -> bool: ...


class RunLog:
    """The log of one attempt at one run; the engine's `Log`."""

    __slots__ = (
        "_flushed_at",
        "_journal",
        "_seq",
        "_streaming",
        "_text",
        "_waiting",
        "attempt",
        "ended",
        "lost",
        "run_id",
        "scope",
        "tail",
        "unwritten",
    )  # fmt: skip

    def __init__(self, journal: LogWriter, scope: Scope, run_id: str, attempt: int, last_seq: int) -> None:
        self.scope, self.run_id, self.attempt = scope, run_id, attempt
        self.tail: list[LoggedEvent] = []
        """The last committed events, at hand for readers."""
        self.ended: RunFinished | None = None
        self.lost: BaseException | None = None
        self.unwritten = Unwritten()
        self._journal = journal
        self._seq = last_seq
        self._text: list[str] = []
        self._streaming: tuple[str, str] | None = None
        self._flushed_at = 0.0
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
        self._journal.commit_soon(self)
        return seq

    def append_text(self, node_id: str, kind: Literal["answer", "reasoning"], text: str) -> None:
        if self._streaming != (node_id, kind):
            self.flush_text()
            self._streaming = (node_id, kind)
        self._text.append(text)
        if self._journal.now() - self._flushed_at >= SILENCE_SECONDS:
            self.flush_text()
            self._journal.commit_soon(self)
        else:
            self._journal.flush_text_soon(self)

    def crashed(self, node_id: str, error: Exception) -> None:
        log.error("node.crashed", node_id=node_id, exc_info=error)

    def end(self, data: RunFinished, end: RunEnd) -> None:
        """The last event, and what is committed with it."""
        self.ended = data
        if self._text:
            self.flush_text()
        self.unwritten.end = end
        self._append(None, data)
        self._journal.commit_soon(self)

    async def settled(self) -> None:
        if self.lost is not None:
            raise self.lost
        if self._text:
            self.flush_text()
        if self.unwritten.events or self._journal.is_committing(self):
            waiter = self._journal.future()
            self._waiting.append(waiter)
            self._journal.commit_soon(self)
            await waiter

    def flush_text(self) -> None:
        if not self._text or self._streaming is None:
            return
        node_id, kind = self._streaming
        text = self._text[0] if len(self._text) == 1 else "".join(self._text)
        self._text.clear()
        self._flushed_at = self._journal.now()
        self._append(node_id, AnswerDelta(text) if kind == "answer" else Thinking(text, "reasoning"))

    def _append(self, node_id: str | None, data: Data) -> int:
        if self.lost is not None:
            raise self.lost
        self._seq += 1
        body = event_body(self.run_id, self._seq, node_id, time.time(), data)
        self.unwritten.events.append(LoggedEvent(self._seq, data.event, body))
        return self._seq

    def committed(self, events: list[LoggedEvent]) -> None:
        self.tail += events
        if len(self.tail) > 2 * TAIL_EVENTS:
            del self.tail[:-TAIL_EVENTS]
        if not self.unwritten.events:
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
