"""Execution of a plan: a node starts the moment its inputs are there, and a chain goes on in the same task.

A ready queue over arrays: one counter per node, and a task only for the second and later successors that become ready.
Nothing here waits for a level, scans all nodes, or copies a value.
"""

import asyncio
from collections.abc import Callable
from time import perf_counter
from typing import Any, Generic, TypeVar

from genai_stack.engine.events import NodeFinished, NodeRestarted, NodeStarted, Preview
from genai_stack.engine.execution.attempt import FIRST_RETRY_SECONDS, Attempts
from genai_stack.engine.execution.frame import Checkpoint, Frame
from genai_stack.engine.execution.log import Log
from genai_stack.engine.execution.outcome import Outcome, outcome_of
from genai_stack.engine.node import NodeOutput
from genai_stack.engine.plan import Plan, Step

T = TypeVar("T")


class Execution(Generic[T]):
    """One run of a plan, from where `checkpoint` left it. `context_for` makes what a node may use, given its output."""

    def __init__(
        self,
        plan: Plan,
        log: Log,
        context_for: Callable[[NodeOutput, Step], T],
        checkpoint: Checkpoint | None = None,
        *,
        first_retry_seconds: float = FIRST_RETRY_SECONDS,
    ) -> None:
        past = checkpoint or Checkpoint()
        self._plan, self._log = plan, log
        self._frame = Frame(plan, past)
        self._attempts = Attempts(self._frame, log, context_for, first_retry_seconds=first_retry_seconds)
        self._started_before = dict(past.first_seqs)
        self._ready = [
            step.index for step in plan.steps if not self._frame.pending[step.index] and step.id not in past.outputs
        ]
        self._loop = asyncio.get_running_loop()
        self._ended: asyncio.Future[None] = self._loop.create_future()
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self) -> Outcome:
        for index in self._ready:
            self._branch(index)
        self._attempts.watch()
        try:
            if self._tasks:
                await self._ended
        except BaseException:
            self.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            raise
        finally:
            self._attempts.unwatch()
        return self.outcome()

    def cancel(self) -> None:
        """Interrupt every node that is at work; what was streamed so far is kept."""
        self._attempts.cancelled = True
        for task in self._tasks:
            task.cancel()

    def write_stopped(self) -> None:
        """After a person's stop: an event for each node that was at work."""
        self._attempts.write_stopped()

    def outcome(self) -> Outcome:
        """How it stands, once it has stopped."""
        error = self._attempts.error
        status = "cancelled" if self._attempts.cancelled else "failed" if error else "succeeded"
        return outcome_of(self._frame, status, error)

    def _branch(self, index: int) -> None:
        task = self._loop.create_task(self._drive(self._plan.steps[index]))
        self._tasks.add(task)
        task.add_done_callback(self._branch_ended)

    def _branch_ended(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) and not self._ended.done():
            self._ended.set_exception(error)
        elif not self._tasks and not self._ended.done():
            self._ended.set_result(None)

    async def _drive(self, step: Step) -> None:
        """Runs a node, then one of those that it made ready, and so on; the others get branches of their own."""
        frame, attempts, log = self._frame, self._attempts, self._log
        task = asyncio.current_task()
        assert task is not None
        while True:
            index = step.index
            if step.node_type.checkpoint_before:
                await log.settled()
            inputs = frame.inputs_of(step)
            attempts.running[index] = task
            attempts.started[index] = perf_counter()
            frame.first_seqs[index] = self._write_start(step)
            try:
                result = await attempts.once(step, inputs)
            except BaseException as error:  # noqa: BLE001 (written, or raised again)
                result = await attempts.retry(step, inputs, error)
                if result is None:
                    return
            del attempts.running[index]
            frame.results[index] = result
            self._write_end(step, inputs, result)
            following = self._next(step)
            if following is None or attempts.cancelled:
                return
            step = following

    def _next(self, step: Step) -> Step | None:
        """The first successor that has all its inputs; the others that have start branches."""
        following: Step | None = None
        pending = self._frame.pending
        for successor in step.successors:
            pending[successor] -= 1
            if not pending[successor]:
                if following is None:
                    following = self._plan.steps[successor]
                else:
                    self._branch(successor)
        return following

    def _write_start(self, step: Step) -> int:
        """The number of the first event of this node in this run."""
        if self._started_before and (first := self._started_before.pop(step.id, None)) is not None:
            self._log.write(step.id, NodeRestarted(step.label, step.type, first))
            return first
        return self._log.write(step.id, NodeStarted(step.label, step.type))

    def _write_end(self, step: Step, inputs: Any, outputs: Any) -> None:
        frame, index = self._frame, step.index
        duration = round((perf_counter() - self._attempts.started[index]) * 1000, 3)
        data = NodeFinished(
            step.label,
            step.type,
            duration,
            Preview(inputs, frame.prompts.get(index)),
            Preview(outputs),
            frame.usage.get(index),
            frame.finish_reasons.get(index),
        )
        self._log.write(step.id, data, outputs)
