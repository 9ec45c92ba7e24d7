"""The card of a provider: what it needs, and how its models are opened."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from msgspec import Struct

from genai_stack.infra.egress.client import Outbound
from genai_stack.infra.egress.remote import Remote
from genai_stack.integrations.embedding.remote import Ask
from genai_stack.integrations.llm.chat_model import ChatModel, ModelCard
from genai_stack.integrations.llm.openai_dialect import Dialects

CompareTexts = Callable[[str, Sequence[str]], Awaitable[Sequence[float] | None]]
"""The cosine of each text to a question; None where no embedder can answer."""


@dataclass(frozen=True, slots=True)
class Shared:
    """What all chat models of a process share."""

    dialects: Dialects = field(default_factory=Dialects)
    compare_texts: CompareTexts | None = None


@dataclass(frozen=True, slots=True)
class Connection:
    """A provider's server. `key` is a placeholder, which egress replaces by the key; `base_url` is empty offline."""

    outbound: Outbound
    remote: Remote
    base_url: str
    key: str | None
    shared: Shared


class ListingChatModel(ChatModel, Protocol):
    """A chat model whose provider can be asked for its models."""

    @property
    def name(self) -> str: ...

    async def models(self) -> list[ModelCard]: ...


class OpenEmbeddings(Protocol):
    def __call__(self, outbound: Outbound, remote: Remote, *, model: str, key: str | None, base_url: str) -> Ask: ...


@dataclass(frozen=True, slots=True)
class Embeddings:
    """How a provider is asked for embeddings."""

    open: OpenEmbeddings
    texts_per_request: int


class Provider(Struct, frozen=True):
    """`rank` is its place in lists. Keys go to `default_base_url`, or where `needs_base_url` lets a person choose."""

    id: str
    title: str
    key_help: str
    rank: int
    needs_key: bool = False
    needs_base_url: bool = False
    default_base_url: str | None = None
    open_chat: Callable[[Connection], ListingChatModel] | None = None
    embeddings: Embeddings | None = None
    embeds_here: bool = False
    """It embeds on this machine, without a server."""
    trace_name: str | None = None
    """Its name in OpenTelemetry's conventions, where that is not its id."""

    @property
    def chat(self) -> bool:
        return self.open_chat is not None

    @property
    def embeds(self) -> bool:
        return self.embeds_here or self.embeddings is not None

    @property
    def has_server(self) -> bool:
        return self.needs_base_url or self.default_base_url is not None
