"""Every event that a run can have, once: what `data` holds for each `type`."""

from typing import Any, ClassVar, Literal

import msgspec

from genai_stack.engine.ports import Passage

Usage = dict[str, int]
"""Counts of tokens by name: `prompt_tokens`, `completion_tokens`, `total_tokens` and what else a model tells."""

RunStatus = Literal["queued", "running", "waiting", "succeeded", "failed", "cancelled"]
ENDED: frozenset[RunStatus] = frozenset(("succeeded", "failed", "cancelled"))


FinishReason = Literal["length", "filtered"]
"""Why a text ends before its time: the token limit, or the provider's content filter."""


class Preview:
    """What went through ports, shown in short. Made short when it is written down, not while nodes run."""

    __slots__ = ("ports", "prompt")

    def __init__(self, ports: object, prompt: str | None = None) -> None:
        """`prompt` is what was sent to a model, shown among the inputs."""
        self.ports, self.prompt = ports, prompt


class Trouble(msgspec.Struct, frozen=True):
    """Why something ended badly: a stable upper-case `code` and a sentence."""

    code: str
    message: str
    node_id: str | None = None


class Data(msgspec.Struct, frozen=True):
    """The data of an event, whose type is `event`."""

    event: ClassVar[str]
    of_node: ClassVar[bool] = False
    """Whether it is always about a node, so that `node_id` is never null."""


class PlannedNode(msgspec.Struct, frozen=True):
    id: str
    label: str
    type: str


class ChatMessage(msgspec.Struct, frozen=True):
    """`parent_id`, of a question: the question that it follows in its branch."""

    id: str
    role: Literal["user", "assistant"]
    content: str
    created_at: str
    metadata: dict[str, Any]
    parent_id: str | None = None


class MessageAccepted(Data, frozen=True):
    event = "message.accepted"
    message: ChatMessage


class RunStarted(Data, frozen=True):
    event = "run.started"
    workflow_id: str
    version: int
    plan: list[PlannedNode]


class NodeStarted(Data, frozen=True):
    event = "node.started"
    of_node = True
    label: str
    type: str


class NodeFinished(Data, frozen=True):
    event = "node.finished"
    of_node = True
    label: str
    type: str
    duration_ms: float
    inputs: Preview
    outputs: Preview
    usage: Usage | None = None
    finish_reason: FinishReason | None = None


class NodeFailed(Data, frozen=True):
    event = "node.failed"
    of_node = True
    label: str
    type: str
    duration_ms: float
    error: Trouble
    inputs: Preview


class NodeSkipped(Data, frozen=True):
    event = "node.skipped"
    of_node = True
    label: str
    type: str
    reason: str


class NodeRestarted(Data, frozen=True):
    event = "node.restarted"
    of_node = True
    label: str
    type: str
    discard_after: int


class Thinking(Data, frozen=True):
    event = "thinking"
    text: str
    kind: Literal["status", "reasoning"]


class Sources(Data, frozen=True):
    event = "sources"
    passages: list[Passage]


class AnswerDelta(Data, frozen=True):
    event = "answer.delta"
    text: str


class Answer(Data, frozen=True):
    """`complete`: the run succeeded, and no model's text was cut; `finish_reason` says why one was."""

    event = "answer"
    text: str
    sources: list[Passage]
    usage: Usage
    complete: bool
    message: ChatMessage | None = None
    finish_reason: FinishReason | None = None


class RunFinished(Data, frozen=True):
    event = "run.finished"
    status: Literal["succeeded", "failed", "cancelled"]
    error: Trouble | None
    duration_ms: float
    usage: Usage


EVENTS: tuple[type[Data], ...] = (
    MessageAccepted, RunStarted, NodeStarted, NodeFinished, NodeFailed, NodeSkipped, NodeRestarted,
    Thinking, Sources, AnswerDelta, Answer, RunFinished,
)  # fmt: skip
