"""What a node may use while it runs."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass

from genai_stack.engine.node import NodeOutput
from genai_stack.engine.ports import Passage
from genai_stack.integrations.llm.chat_model import ChatRequest, Delta


@dataclass(frozen=True, slots=True)
class Turn:
    """An earlier question of the session and its answer."""

    question: str
    answer: str


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """Which chat model is asked. `credential_id` names a stored key; `base_url` its server, where it is not fixed."""

    provider: str
    credential_id: str | None = None
    base_url: str | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """What is looked for in a knowledge base: None means the workflow's own. `min_score` is a cosine."""

    query: str
    knowledge_base_id: str | None = None
    top_k: int = 4
    min_score: float = 0.0


Ask = Callable[[ModelChoice, ChatRequest], AsyncIterator[Delta]]
Search = Callable[[Finding], Awaitable[Sequence[Passage]]]
Count = Callable[[str | None], Awaitable[int]]
Recall = Callable[[int], Awaitable[Sequence[Turn]]]


@dataclass(frozen=True, slots=True)
class NodeContext:
    """One for each node of a run: the question that was asked, its output, and what it may call.

    `ask` streams a chat model's answer, with deadlines and retries; `search` finds passages, best first; `recall` gives
    up to so many earlier turns of the session, oldest first; `count` tells how many documents a search looks into,
    once those being read are ready.
    """

    question: str
    output: NodeOutput
    ask: Ask
    search: Search
    recall: Recall
    count: Count
