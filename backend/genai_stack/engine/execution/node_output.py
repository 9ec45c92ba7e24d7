"""The output of one node in one run: what it streams goes into the run's log and frame."""

from collections.abc import Mapping, Sequence
from time import perf_counter

from genai_stack.engine.events import FinishReason, NodeRestarted, Sources, Thinking
from genai_stack.engine.execution.frame import Frame
from genai_stack.engine.execution.log import Log
from genai_stack.engine.plan import Step
from genai_stack.engine.ports import Passage


class StepOutput:
    """The `NodeOutput` of a step."""

    __slots__ = ("_frame", "_log", "_step")

    def __init__(self, frame: Frame, log: Log, step: Step) -> None:
        self._frame, self._log, self._step = frame, log, step

    def status(self, text: str) -> None:
        self._log.write(self._step.id, Thinking(text, "status"))

    def reasoning(self, text: str) -> None:
        self._count_reasoning()
        self._log.append_text(self._step.id, "reasoning", text)

    def answer(self, text: str) -> None:
        step, frame = self._step, self._frame
        if not step.speaks:
            self.reasoning(text)
            return
        if step.index in frame.reasoned and step.index not in frame.texts:
            self._count_reasoning()  # until the answer begins
        frame.texts.setdefault(step.index, []).append(text)
        self._log.append_text(step.id, "answer", text)

    def retract(self) -> None:
        step = self._step
        if self._frame.texts.pop(step.index, None):
            self._log.write(step.id, NodeRestarted(step.label, step.type, self._frame.first_seqs[step.index]))

    def finish(self, reason: FinishReason) -> None:
        self._frame.finish_reasons[self._step.index] = reason

    def prompt(self, text: str) -> None:
        self._frame.prompts[self._step.index] = text

    def sources(self, passages: Sequence[Passage]) -> None:
        self._frame.passages.setdefault(self._step.index, []).extend(passages)
        self._log.write(self._step.id, Sources(list(passages)))

    def usage(self, counts: Mapping[str, int]) -> None:
        sums = self._frame.usage.setdefault(self._step.index, {})
        for name, count in counts.items():
            sums[name] = sums.get(name, 0) + count

    def _count_reasoning(self) -> None:
        now, reasoned = perf_counter(), self._frame.reasoned
        reasoned[self._step.index] = (reasoned.get(self._step.index, (now, now))[0], now)
