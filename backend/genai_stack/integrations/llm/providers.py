"""The closed list of providers, and what each of them needs."""

from datetime import datetime
from typing import Final

from msgspec import Struct


class Provider(Struct, frozen=True):
    id: str
    title: str
    needs_key: bool
    needs_base_url: bool
    default_base_url: str | None
    key_help: str
    chat: bool
    embeds: bool


class ModelCard(Struct, frozen=True):
    """What a provider tells about one of its models. `ends_at`: when it shuts the model down, where it says so."""

    id: str
    title: str
    ends_at: datetime | None = None


PROVIDERS: Final = (
    Provider(
        id="openai",
        title="OpenAI",
        needs_key=True,
        needs_base_url=False,
        default_base_url="https://api.openai.com/v1",
        key_help="Make a key at platform.openai.com, under API keys. It begins with sk-.",
        chat=True,
        embeds=True,
    ),
    Provider(
        id="openai_compatible",
        title="OpenAI-compatible server",
        needs_key=False,
        needs_base_url=True,
        default_base_url=None,
        key_help="The address usually ends in /v1. Ollama and vLLM need no key; hosted ones such as Groq give you one.",
        chat=True,
        embeds=True,
    ),
    Provider(
        id="gemini",
        title="Google Gemini",
        needs_key=True,
        needs_base_url=False,
        default_base_url="https://generativelanguage.googleapis.com",
        key_help="Make a key at aistudio.google.com, under Get API key.",
        chat=True,
        embeds=True,
    ),
    Provider(
        id="anthropic",
        title="Anthropic",
        needs_key=True,
        needs_base_url=False,
        default_base_url="https://api.anthropic.com",
        key_help="Make a key at console.anthropic.com, under API keys. It begins with sk-ant-.",
        chat=True,
        embeds=False,
    ),
    Provider(
        id="offline",
        title="Offline",
        needs_key=False,
        needs_base_url=False,
        default_base_url=None,
        key_help="Needs no key and no network. It is no language model: it quotes the best matching sentences.",
        chat=True,
        embeds=False,
    ),
    Provider(
        id="local",
        title="Local embedder",
        needs_key=False,
        needs_base_url=False,
        default_base_url=None,
        key_help="Needs no key and no network: all-MiniLM-L6-v2 runs on this machine.",
        chat=False,
        embeds=True,
    ),
)
BY_ID: Final = {provider.id: provider for provider in PROVIDERS}
FIXED_ADDRESSES: Final = {
    provider.id: provider.default_base_url
    for provider in PROVIDERS
    if provider.default_base_url and not provider.needs_base_url
}
"""By provider: where its keys go, and nowhere else."""
