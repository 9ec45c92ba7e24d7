"""The port of this room: a question with its material goes in, a stream of deltas comes out."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Literal, Protocol

from msgspec import Struct

Role = Literal["system", "user", "assistant"]
Effort = Literal["off", "low", "medium", "high"]
Finish = Literal["stop", "length", "filtered", "tool_calls"]


class Message(Struct, frozen=True):
    role: Role
    content: str


class ContextPassage(Struct, frozen=True):
    """A piece of a document: untrusted text. `page` counts from 1, and is None where there are no pages."""

    text: str
    filename: str
    page: int | None = None


class ChatRequest(Struct, frozen=True):
    """What is asked; `prompt.render` makes messages of it. None leaves a choice to the provider."""

    model: str
    question: str
    system_prompt: str = ""
    passages: tuple[ContextPassage, ...] = ()
    history: tuple[Message, ...] = ()
    temperature: float | None = None
    max_tokens: int | None = None
    reasoning: Effort | None = None
    connect_within: float = 10.0  # seconds; `stream_with_retries` sets it from its deadlines


class Usage(Struct, frozen=True):
    """Tokens. `completion_tokens` include those of the reasoning."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    reasoning_tokens: int = 0

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(
            self.prompt_tokens + other.prompt_tokens,
            self.completion_tokens + other.completion_tokens,
            self.reasoning_tokens + other.reasoning_tokens,
        )


class Delta(Struct, frozen=True):
    """The next piece: all text that one read of the network brought. Reasoning comes before text.

    One that holds nothing is a sign of life. The last one carries `finish`, and `usage` where the provider tells it.
    `retracts`: all text so far was reasoning; `reasoning` goes on with it, and `text` begins the answer.
    """

    text: str = ""
    reasoning: str = ""
    usage: Usage | None = None
    finish: Finish | None = None
    retracts: bool = False

    @property
    def is_empty(self) -> bool:
        return not (self.text or self.reasoning or self.usage or self.finish or self.retracts)


class ModelCard(Struct, frozen=True):
    """What a provider tells about one of its models. `ends_at`: when it shuts the model down, where it says so."""

    id: str
    title: str
    ends_at: datetime | None = None


class ChatModel(Protocol):
    def stream(self, request: ChatRequest) -> AsyncIterator[Delta]:
        """Ends after the whole answer, or raises ProviderFailed or UpstreamRefused.

        Closing the iterator or cancelling its task closes the connection. It has no deadlines of its own and tries
        once: `retries.stream_with_retries` adds both.
        """
        ...
