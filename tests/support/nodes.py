"""A context for one node: it answers as it is told, and notes what it was asked."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field

from genai_stack.engine.ports import Passage
from genai_stack.integrations.llm.chat_model import ChatRequest, Delta
from genai_stack.nodes.context import Finding, ModelChoice, NodeContext, Turn


class Lines:
    """A `NodeOutput` that notes each call as a line."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def status(self, text: str) -> None:
        self.lines.append(f"status: {text}")

    def reasoning(self, text: str) -> None:
        self.lines.append(f"reasoning: {text}")

    def answer(self, text: str) -> None:
        self.lines.append(f"answer: {text}")

    def retract(self) -> None:
        self.lines.append("retract")

    def finish(self, reason: str) -> None:
        self.lines.append(f"finish: {reason}")

    def prompt(self, text: str) -> None:
        self.lines.append(f"prompt: {text}")

    def sources(self, passages: Sequence[Passage]) -> None:
        self.lines.append(f"sources: {len(passages)}")

    def usage(self, counts: Mapping[str, int]) -> None:
        self.lines.append(f"usage: {dict(counts)}")


@dataclass
class Context:
    question: str
    deltas: Sequence[Delta] = ()
    passages: Sequence[Passage] = ()
    turns: Sequence[Turn] = ()
    documents: int = 0
    output: Lines = field(default_factory=Lines)
    asked: list[tuple[ModelChoice, ChatRequest]] = field(default_factory=list[tuple[ModelChoice, ChatRequest]])
    found: list[Finding] = field(default_factory=list[Finding])

    def made(self) -> NodeContext:
        return NodeContext(self.question, self.output, self._ask, self._search, self._recall, self._count)

    async def _ask(self, choice: ModelChoice, request: ChatRequest) -> AsyncIterator[Delta]:
        self.asked.append((choice, request))
        for delta in self.deltas:
            yield delta

    async def _search(self, finding: Finding) -> Sequence[Passage]:
        self.found.append(finding)
        return self.passages

    async def _recall(self, most: int) -> Sequence[Turn]:
        return self.turns[: most // 2]

    async def _count(self, knowledge_base_id: str | None) -> int:
        return self.documents
