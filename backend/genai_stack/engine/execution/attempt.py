"""Attempts at a node: retries, time limits, and the events with which a failed or stopped one ends."""

import asyncio
import random
from collections.abc import Callable
from time import perf_counter
from typing import Any, Generic, TypeVar

from genai_stack.engine.events import NodeFailed, NodeRestarted, NodeSkipped, Preview, Trouble
from genai_stack.engine.execution.frame import Frame
from genai_stack.engine.execution.log import Log
from genai_stack.engine.execution.node_output import StepOutput
from genai_stack.engine.node import NodeOutput
from genai_stack.engine.plan import Step
from genai_stack.errors import NodeError, NodeTooSlow, StackError

T = TypeVar("T")

FIRST_RETRY_SECONDS = 0.5  # before the second attempt of a node; doubled for each further one
CRASHED_CODE = "NODE_CRASHED"


class Attempts(Generic[T]):
    """The attempts at all nodes of a run. `running` holds the task of each node at work, `started` when it began."""

    def __init__(
        self, frame: Frame, log: Log, context_for: Callable[[NodeOutput, Step], T], *, first_retry_seconds: float
    ) -> None:
        self._frame, self._plan, self._log, self._context_for = frame, frame.plan, log, context_for
        self._first_retry_seconds = first_retry_seconds
        self.running: dict[int, asyncio.Task[None]] = {}
        self.started = [0.0] * len(frame.plan.steps)
        self.error: Trouble | None = None
        """Of the first node that failed."""
        self.cancelled = False
        self._too_slow: set[int] = set()
        self._skipped: set[int] = set()
        self._interrupted: list[Step] = []
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None

    def watch(self) -> None:
        """Stop nodes beyond their time limits from now on, until `unwatch`."""
        self._timer = self._loop.call_later(self._plan.shortest_limit, self._stop_slow_nodes)

    def unwatch(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def once(self, step: Step, inputs: Any) -> Any:
        """An awaitable of the node's outputs."""
        return step.run(step.config, inputs, self._context_for(StepOutput(self._frame, self._log, step), step))

    async def retry(self, step: Step, inputs: Any, error: BaseException) -> Any:
        """The outputs of a later attempt, where the error says that one may help; else None, and its end is written."""
        for attempt in range(1, step.node_type.attempts):
            if not getattr(error, "retryable", False) or self.cancelled:
                break
            try:
                seconds = self._first_retry_seconds * 2 ** (attempt - 1)
                await asyncio.sleep(seconds * random.uniform(0.5, 1.0))  # noqa: S311
                self._frame.texts.pop(step.index, None)
                self._frame.passages.pop(step.index, None)
                first_seq = self._frame.first_seqs[step.index]
                self._log.write(step.id, NodeRestarted(step.label, step.type, first_seq))
                return await self.once(step, inputs)
            except BaseException as next_error:  # noqa: BLE001 (written below, or tried again)
                error = next_error
        self.running.pop(step.index, None)
        self._end(step, inputs, error)
        return None

    def write_stopped(self) -> None:
        """After a person's stop: an event for each node that was at work."""
        for step in self._interrupted:
            reason = "The run was stopped while this node was running."
            self._log.write(step.id, NodeSkipped(step.label, step.type, reason))

    def _end(self, step: Step, inputs: Any, error: BaseException) -> None:
        if isinstance(error, asyncio.CancelledError):
            if step.index not in self._too_slow:
                self._interrupted.append(step)
                raise error
            limit = step.node_type.time_limit
            error = NodeTooSlow(f"“{step.label}” was stopped: it took longer than its time limit of {limit:g} seconds.")
        elif not isinstance(error, Exception):
            raise error
        if not isinstance(error, StackError):
            self._log.crashed(step.id, error)
        failure = _failure(step, error)
        duration = round((perf_counter() - self.started[step.index]) * 1000, 3)
        preview = Preview(inputs, self._frame.prompts.get(step.index))
        self._log.write(step.id, NodeFailed(step.label, step.type, duration, failure, preview))
        self.error = self.error or failure
        self._skip_after(step)

    def _skip_after(self, failed: Step) -> None:
        for index in sorted(self._plan.after(failed.index) - self._skipped):
            self._skipped.add(index)
            step = self._plan.steps[index]
            reason = f"Skipped, because “{failed.label}” failed."
            self._log.write(step.id, NodeSkipped(step.label, step.type, reason))

    def _stop_slow_nodes(self) -> None:
        now, soonest = perf_counter(), self._plan.shortest_limit
        for index, task in list(self.running.items()):
            remaining = self.started[index] + self._plan.steps[index].node_type.time_limit - now
            if remaining <= 0 and index not in self._too_slow:
                self._too_slow.add(index)
                task.cancel()
            elif remaining > 0:
                soonest = min(soonest, remaining)
        self._timer = self._loop.call_later(soonest, self._stop_slow_nodes)


def _failure(step: Step, error: Exception) -> Trouble:
    if isinstance(error, NodeError):
        return Trouble(error.code, error.message, step.id)
    if isinstance(error, StackError):
        return Trouble(error.code, f"“{step.label}” failed: {error.message}", step.id)
    kind = type(error).__name__
    message = f"“{step.label}” failed with an unexpected error ({kind}). The server's log has the details."
    return Trouble(CRASHED_CODE, message, step.id)
