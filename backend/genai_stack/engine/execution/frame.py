"""The arrays of one run: what each node gave, streamed, found and used, by its index in the plan."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from genai_stack.engine.events import FinishReason, Usage
from genai_stack.engine.plan import Plan, Step
from genai_stack.engine.ports import Passage


@dataclass(slots=True)
class Checkpoint:
    """What earlier attempts at a run left, by node.

    `outputs`, `passages` and `usage` are of nodes that have finished; `first_seqs` are the numbers of the first events
    of those that have only started: they run again, and what they streamed is void.
    """

    started: bool = False
    """Whether the run has its first event."""
    outputs: dict[str, Any] = field(default_factory=dict[str, Any])
    first_seqs: dict[str, int] = field(default_factory=dict[str, int])
    passages: dict[str, list[Passage]] = field(default_factory=dict[str, list[Passage]])
    usage: dict[str, Usage] = field(default_factory=dict[str, Usage])


class Frame:
    """`pending` counts the inputs that each node still waits for."""

    __slots__ = (
        "finish_reasons", "first_seqs", "passages", "pending", "plan",
        "prompts", "reasoned", "results", "texts", "usage",
    )  # fmt: skip

    def __init__(self, plan: Plan, checkpoint: Checkpoint) -> None:
        self.plan = plan
        self.results: list[Any] = [None] * len(plan.steps)
        self.pending = [step.waits_for for step in plan.steps]
        self.texts: dict[int, list[str]] = {}
        """Pieces of streamed text."""
        self.prompts: dict[int, str] = {}
        self.finish_reasons: dict[int, FinishReason] = {}
        self.reasoned: dict[int, tuple[float, float]] = {}
        """When each node began to reason, and when it last went on."""
        self.first_seqs: dict[int, int] = {}
        self.passages = _by_index(plan, checkpoint.passages)
        self.usage = _by_index(plan, checkpoint.usage)
        for node_id, outputs in checkpoint.outputs.items():
            self._restore(plan.steps[plan.index[node_id]], outputs)

    def _restore(self, step: Step, outputs: Any) -> None:
        self.results[step.index] = outputs
        for successor in step.successors:
            self.pending[successor] -= 1

    def inputs_of(self, step: Step) -> Any:
        results = self.results
        named: dict[str, Any] = {name: of(results[source]) for name, source, of in step.single_inputs}
        for name, sources in step.list_inputs:
            named[name] = tuple([of(results[source]) for source, of in sources])
        return step.make_inputs(**named)


def _by_index(plan: Plan, by_node: Mapping[str, Any]) -> dict[int, Any]:
    return {plan.index[node_id]: value for node_id, value in by_node.items() if value}
