"""Runs a plan: a node starts the moment its inputs are there, and a chain goes on in the same task.

The floor under this file is a ready queue over arrays: one counter per node and run, and a task only for the second and
later followers that become ready. Nothing here waits for a level, scans all nodes, or copies a value.
"""

import asyncio
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any, Generic, Literal, Protocol, TypeVar

from genai_stack.engine.events import (
    Data,
    FinishReason,
    NodeFailed,
    NodeFinished,
    NodeRestarted,
    NodeSkipped,
    NodeStarted,
    Preview,
    Sources,
    Thinking,
    Trouble,
    Usage,
)
from genai_stack.engine.node import NodeOutput, OutputAnswer
from genai_stack.engine.plan import Plan, Step
from genai_stack.engine.ports import Passage
from genai_stack.errors import NodeError, NodeTooSlow, StackError

T = TypeVar("T")

Ended = Literal["succeeded", "failed", "cancelled"]

FIRST_RETRY_SECONDS = 0.5  # before the second attempt of a node; doubled for each further one
CRASHED_CODE = "NODE_CRASHED"


class Log(Protocol):
    """Where a run writes what happens."""

    def write(self, node_id: str, data: Data, outputs: object | None = None) -> int:
        """Number an event, and with it keep a finished node's outputs; returns the event's `seq`."""
        ...

    def append_text(self, node_id: str, kind: Literal["answer", "reasoning"], text: str) -> None:
        """The next piece of a text; pieces that come quickly share an event."""
        ...

    def crashed(self, node_id: str, error: Exception) -> None:
        """A node failed with an error that nobody foresaw: for who runs the server, besides what the event says."""
        ...

    async def settled(self) -> None:
        """Returns when all that was written is committed."""
        ...


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended. `thought`: a model's reasoning was told; `thought_ms`: for how long, all nodes together."""

    status: Ended
    answer: str | None
    sources: list[Passage]
    usage: Usage
    error: Trouble | None
    thought: bool = False
    thought_ms: int | None = None
    finish_reason: FinishReason | None = None


class Execution(Generic[T]):
    """One run of a plan. `tools` makes what a node may use, given its voice.

    `done` holds the outputs of nodes that an earlier attempt finished, `told` and `used` the passages that they found
    and the tokens, and `begun` the first `seq` of those that it started only: they run again, what they said is void.
    """

    def __init__(
        self,
        plan: Plan,
        log: Log,
        tools: Callable[[NodeOutput, Step], T],
        *,
        done: Mapping[str, Any] | None = None,
        begun: Mapping[str, int] | None = None,
        told: Mapping[str, Sequence[Passage]] | None = None,
        used: Mapping[str, Usage] | None = None,
    ) -> None:
        self.plan, self.log, self.tools = plan, log, tools
        self.results: list[Any] = [None] * len(plan.steps)
        self.left = [step.waits_for for step in plan.steps]
        self.spoken: dict[int, list[str]] = {}
        self.sent: dict[int, str] = {}
        self.finishes: dict[int, FinishReason] = {}
        self.reasoned: dict[int, tuple[float, float]] = {}  # when each node began and last went on to reason
        self.passages: dict[int, list[Passage]] = {plan.index[key]: list(found) for key, found in (told or {}).items()}
        self.used: dict[int, Usage] = {plan.index[key]: dict(counts) for key, counts in (used or {}).items() if counts}
        self.error: Trouble | None = None
        self._begun = dict(begun or {})
        self._given_up: set[int] = set()
        self._started = [0.0] * len(plan.steps)
        self._first_seq: dict[int, int] = {}
        self._running: dict[int, asyncio.Task[None]] = {}
        self._too_slow: set[int] = set()
        self._interrupted: list[Step] = []
        self._cancelled = False
        self._loop = asyncio.get_running_loop()
        self._ended: asyncio.Future[None] = self._loop.create_future()
        self._tasks: set[asyncio.Task[None]] = set()
        self._restore(done or {})

    def _restore(self, done: Mapping[str, Any]) -> None:
        finished = {self.plan.index[node_id] for node_id in done}
        for node_id, outputs in done.items():
            self.results[self.plan.index[node_id]] = outputs
        for index in finished:
            for follower in self.plan.steps[index].successors:
                self.left[follower] -= 1
        self._ready = [i for i, left in enumerate(self.left) if not left and i not in finished]

    async def run(self) -> Outcome:
        for index in self._ready:
            self._branch(index)
        self._watch = self._loop.call_later(self.plan.shortest_limit, self._stop_the_slow)
        try:
            if self._tasks:
                await self._ended
        except BaseException:
            self.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            raise
        finally:
            self._watch.cancel()
        return self.outcome()

    def cancel(self) -> None:
        """Interrupt every node that is at work; what was said so far stays said."""
        self._cancelled = True
        for task in self._tasks:
            task.cancel()

    def first_seq(self, step: Step) -> int:
        """The `seq` with which the node started."""
        return self._first_seq[step.index]

    def tell_stopped(self) -> None:
        """After a person's stop: say of each node that was at work that it will not go on."""
        for step in self._interrupted:
            reason = "The run was stopped while it was at work."
            self.log.write(step.id, NodeSkipped(step.label, step.type, reason))

    def _branch(self, index: int) -> None:
        task = self._loop.create_task(self._drive(self.plan.steps[index]))
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
        steps, left, results = self.plan.steps, self.left, self.results
        task = asyncio.current_task()
        assert task is not None
        while True:
            index = step.index
            if step.node_type.checkpoint_before:
                await self.log.settled()
            inputs = self._inputs(step)
            self._running[index] = task
            started = self._started[index] = perf_counter()
            seq = self._first_seq[index] = self._announce(step)
            try:
                result = await step.run(step.config, inputs, self.tools(_Speaker(self, step), step))
            except BaseException as error:  # noqa: BLE001 (told, or raised again)
                result = await self._again(step, inputs, seq, error)
                if result is None:
                    return
            del self._running[index]
            results[index] = result
            duration = round((perf_counter() - started) * 1000, 3)
            usage = self.used.get(index) if self.used else None
            sent = self.sent.get(index) if self.sent else None
            self.log.write(
                step.id,
                NodeFinished(
                    step.label,
                    step.type,
                    duration,
                    Preview(inputs, sent),
                    Preview(result),
                    usage,
                    self.finishes.get(index),
                ),
                result,
            )
            following: Step | None = None
            for follower in step.successors:
                left[follower] -= 1
                if not left[follower]:
                    if following is None:
                        following = steps[follower]
                    else:
                        self._branch(follower)
            if following is None or self._cancelled:
                return
            step = following

    def _inputs(self, step: Step) -> Any:
        results = self.results
        named: dict[str, Any] = {name: of(results[source]) for name, source, of in step.single_inputs}
        for name, sources in step.list_inputs:
            named[name] = tuple([of(results[source]) for source, of in sources])
        return step.make_inputs(**named)

    def _announce(self, step: Step) -> int:
        if self._begun and (first := self._begun.pop(step.id, None)) is not None:
            self.log.write(step.id, NodeRestarted(step.label, step.type, first))
            return first
        return self.log.write(step.id, NodeStarted(step.label, step.type))

    async def _again(self, step: Step, inputs: Any, seq: int, error: BaseException) -> Any:
        """Try a node again where its error says that it may help; otherwise tell its end and return None."""
        for attempt in range(1, step.node_type.attempts):
            if not getattr(error, "retryable", False) or self._cancelled:
                break
            try:
                await asyncio.sleep(FIRST_RETRY_SECONDS * 2 ** (attempt - 1) * random.uniform(0.5, 1.0))  # noqa: S311
                self.spoken.pop(step.index, None)
                self.passages.pop(step.index, None)
                self.log.write(step.id, NodeRestarted(step.label, step.type, seq))
                return await step.run(step.config, inputs, self.tools(_Speaker(self, step), step))
            except BaseException as next_error:  # noqa: BLE001 (told below, or tried again)
                error = next_error
        self._running.pop(step.index, None)
        self._tell_end(step, inputs, error)
        return None

    def _tell_end(self, step: Step, inputs: Any, error: BaseException) -> None:
        if isinstance(error, asyncio.CancelledError):
            if step.index not in self._too_slow:
                self._interrupted.append(step)
                raise error
            limit = step.node_type.time_limit
            error = NodeTooSlow(
                f"“{step.label}” was still at work after {limit:g} seconds, its time limit, and was stopped."
            )
        elif not isinstance(error, Exception):
            raise error
        if not isinstance(error, StackError):
            self.log.crashed(step.id, error)
        failure = _trouble(step, error)
        duration = round((perf_counter() - self._started[step.index]) * 1000, 3)
        self.log.write(
            step.id, NodeFailed(step.label, step.type, duration, failure, Preview(inputs, self.sent.get(step.index)))
        )
        self.error = self.error or failure
        for index in sorted(self.plan.after(step.index) - self._given_up):
            self._given_up.add(index)
            waiting = self.plan.steps[index]
            reason = f"It waits for “{step.label}”, which failed."
            self.log.write(waiting.id, NodeSkipped(waiting.label, waiting.type, reason))

    def _stop_the_slow(self) -> None:
        now, soonest = perf_counter(), self.plan.shortest_limit
        for index, task in list(self._running.items()):
            remaining = self._started[index] + self.plan.steps[index].node_type.time_limit - now
            if remaining <= 0 and index not in self._too_slow:
                self._too_slow.add(index)
                task.cancel()
            elif remaining > 0:
                soonest = min(soonest, remaining)
        self._watch = self._loop.call_later(soonest, self._stop_the_slow)

    def outcome(self) -> Outcome:
        """How it stands, once it has stopped."""
        usage: Usage = {}
        for counts in self.used.values():
            for name, count in counts.items():
                usage[name] = usage.get(name, 0) + count
        status: Ended = "cancelled" if self._cancelled else "failed" if self.error else "succeeded"
        return Outcome(status, self._answer(), self._sources(), usage, self.error, *self._thought(), self._finish())

    def _thought(self) -> tuple[bool, int | None]:
        seconds = sum(last - first for first, last in self.reasoned.values())
        return bool(self.reasoned), round(seconds * 1000) if self.reasoned else None

    def _finish(self) -> FinishReason | None:
        """Why the text of a node that speaks was cut, of the first one."""
        return next((reason for index, reason in sorted(self.finishes.items()) if self.plan.steps[index].speaks), None)

    def _answer(self) -> str | None:
        """What the exits say, in topological order; of one that did not come to it, what was said for it so far."""
        said: list[str] = []
        for index in self.plan.exits:
            result = self.results[index]
            if isinstance(result, OutputAnswer):
                said.append(result.text)
            else:
                before = sorted(self.plan.before(index) & self.spoken.keys())
                said += ["".join(self.spoken[source]) for source in before if self.plan.steps[source].speaks]
        return "\n\n".join(said) if said else None

    def _sources(self) -> list[Passage]:
        """The passages behind the answer, in plan order, each once."""
        found: dict[tuple[str, int | None, str], Passage] = {}
        for index in self.plan.exits:
            result = self.results[index]
            if not isinstance(result, OutputAnswer) or result.show_sources:
                for source in sorted(self.plan.before(index) & self.passages.keys()):
                    for passage in self.passages[source]:
                        found.setdefault((passage.document_id, passage.page, passage.text), passage)
        return list(found.values())


class _Speaker:
    """The voice of one node in one run."""

    __slots__ = ("_run", "_step")

    def __init__(self, run: Execution[Any], step: Step) -> None:
        self._run, self._step = run, step

    def status(self, text: str) -> None:
        self._run.log.write(self._step.id, Thinking(text, "status"))

    def reasoning(self, text: str) -> None:
        self._reasons()
        self._run.log.append_text(self._step.id, "reasoning", text)

    def answer(self, text: str) -> None:
        if not self._step.speaks:
            self.reasoning(text)
            return
        if self._step.index in self._run.reasoned and self._step.index not in self._run.spoken:
            self._reasons()  # until the answer begins
        self._run.spoken.setdefault(self._step.index, []).append(text)
        self._run.log.append_text(self._step.id, "answer", text)

    def retract(self) -> None:
        if self._run.spoken.pop(self._step.index, None):
            first = self._run.first_seq(self._step)
            self._run.log.write(self._step.id, NodeRestarted(self._step.label, self._step.type, first))

    def finish(self, reason: FinishReason) -> None:
        self._run.finishes[self._step.index] = reason

    def _reasons(self) -> None:
        now = perf_counter()
        self._run.reasoned[self._step.index] = (self._run.reasoned.get(self._step.index, (now, now))[0], now)

    def sent(self, prompt: str) -> None:
        self._run.sent[self._step.index] = prompt

    def sources(self, passages: Sequence[Passage]) -> None:
        self._run.passages.setdefault(self._step.index, []).extend(passages)
        self._run.log.write(self._step.id, Sources(list(passages)))

    def usage(self, counts: Mapping[str, int]) -> None:
        sums = self._run.used.setdefault(self._step.index, {})
        for name, count in counts.items():
            sums[name] = sums.get(name, 0) + count


def _trouble(step: Step, error: Exception) -> Trouble:
    if isinstance(error, NodeError):
        return Trouble(error.code, error.message, step.id)
    if isinstance(error, StackError):
        return Trouble(error.code, f"“{step.label}” failed: {error.message}", step.id)
    kind = type(error).__name__
    return Trouble(
        CRASHED_CODE,
        f"“{step.label}” failed with an unexpected error ({kind}). The server's log has the details.",
        step.id,
    )
