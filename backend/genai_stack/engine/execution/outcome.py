"""The outcome of a run: its answer, sources, usage and error, read from its frame."""

from dataclasses import dataclass
from typing import Literal

from genai_stack.engine.events import FinishReason, Trouble, Usage
from genai_stack.engine.execution.frame import Frame
from genai_stack.engine.node import OutputAnswer
from genai_stack.engine.ports import Passage

EndStatus = Literal["succeeded", "failed", "cancelled"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended. `thought`: a model's reasoning was shown; `thought_ms`: for how long, all nodes together."""

    status: EndStatus
    answer: str | None
    sources: list[Passage]
    usage: Usage
    error: Trouble | None
    thought: bool = False
    thought_ms: int | None = None
    finish_reason: FinishReason | None = None


def outcome_of(frame: Frame, status: EndStatus, error: Trouble | None) -> Outcome:
    seconds = sum(last - first for first, last in frame.reasoned.values())
    thought_ms = round(seconds * 1000) if frame.reasoned else None
    return Outcome(
        status,
        _answer(frame),
        _sources(frame),
        _usage(frame),
        error,
        thought=bool(frame.reasoned),
        thought_ms=thought_ms,
        finish_reason=_finish_reason(frame),
    )


def _answer(frame: Frame) -> str | None:
    """What the exits answer, in topological order; for one that was not reached, what was streamed towards it."""
    plan, texts = frame.plan, frame.texts
    answers: list[str] = []
    for index in plan.exits:
        result = frame.results[index]
        if isinstance(result, OutputAnswer):
            answers.append(result.text)
        else:
            streamed = sorted(plan.before(index) & texts.keys())
            answers += ["".join(texts[source]) for source in streamed if plan.steps[source].speaks]
    return "\n\n".join(answers) if answers else None


def _sources(frame: Frame) -> list[Passage]:
    """The passages behind the answer, in plan order, each once."""
    found: dict[tuple[str, int | None, str], Passage] = {}
    for index in frame.plan.exits:
        result = frame.results[index]
        if not isinstance(result, OutputAnswer) or result.show_sources:
            for source in sorted(frame.plan.before(index) & frame.passages.keys()):
                for passage in frame.passages[source]:
                    found.setdefault((passage.document_id, passage.page, passage.text), passage)
    return list(found.values())


def _usage(frame: Frame) -> Usage:
    usage: Usage = {}
    for counts in frame.usage.values():
        for name, count in counts.items():
            usage[name] = usage.get(name, 0) + count
    return usage


def _finish_reason(frame: Frame) -> FinishReason | None:
    """Why the text of a node that answers was cut, of the first one."""
    steps = frame.plan.steps
    return next((reason for index, reason in sorted(frame.finish_reasons.items()) if steps[index].speaks), None)
