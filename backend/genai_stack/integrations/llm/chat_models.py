"""Makes chat models, and asks providers which models a key can use."""

import asyncio
from collections.abc import Mapping
from typing import Final

from yarl import URL

from genai_stack.errors import ProviderRefused, ProviderTooSlow
from genai_stack.infra.egress.api_key import KEY_PLACEHOLDER, ApiKey
from genai_stack.infra.egress.client import Outbound
from genai_stack.infra.egress.remote import Remote
from genai_stack.integrations.llm.anthropic import AnthropicChat
from genai_stack.integrations.llm.chat_model import ChatModel
from genai_stack.integrations.llm.gemini import GeminiChat
from genai_stack.integrations.llm.offline import Closeness, OfflineModel
from genai_stack.integrations.llm.openai_dialect import Dialects
from genai_stack.integrations.llm.openai_wire import OpenAIChat
from genai_stack.integrations.llm.providers import BY_ID, FIXED_ADDRESSES, ModelCard, Provider
from genai_stack.integrations.openai_address import api_base

_LIST_SECONDS: Final = 30.0
_OFFLINE_CARD: Final = ModelCard("offline", "Offline: best matching sentences")


class ChatModels:
    """Factory of chat models. What it is given wrongly is told as ProviderRefused, or UpstreamRefused.

    `closeness` is for the offline model; `addresses` are those of the providers whose address is fixed.
    """

    def __init__(
        self,
        outbound: Outbound,
        *,
        closeness: Closeness | None = None,
        list_seconds: float = _LIST_SECONDS,
        addresses: Mapping[str, str] = FIXED_ADDRESSES,
    ) -> None:
        self._outbound = outbound
        self._closeness = closeness
        self._addresses = addresses
        self._list_seconds = list_seconds
        self._dialects = Dialects()

    def model(self, provider: str, *, key: ApiKey | None = None, base_url: str | None = None) -> ChatModel:
        if provider == "offline":
            return OfflineModel(self._closeness)
        wanted, url, key = self._checked(provider, key, base_url)
        return self._adapter(wanted, url, key)

    async def models_of(self, provider: str, key: ApiKey | None = None, base_url: str | None = None) -> list[ModelCard]:
        """Asked of the provider, sorted by id."""
        if provider == "offline":
            return [_OFFLINE_CARD]
        wanted, url, key = self._checked(provider, key, base_url)
        adapter = self._adapter(wanted, url, key)
        try:
            async with asyncio.timeout(self._list_seconds):
                cards = await adapter.models()
        except TimeoutError:
            raise ProviderTooSlow(
                f"{adapter.name} did not list its models within {self._list_seconds:g} seconds. Try again."
            ) from None
        return sorted(cards, key=lambda card: card.id)

    async def test(self, provider: str, key: ApiKey | None = None, base_url: str | None = None) -> None:
        """Raises ProviderRefused where the key is not taken. Costs no tokens: it asks for the list of models."""
        await self.models_of(provider, key, base_url)

    async def close(self) -> None:
        await self._outbound.close()

    def _adapter(self, provider: Provider, url: str, key: ApiKey | None) -> OpenAIChat | GeminiChat | AnthropicChat:
        remote = Remote(provider.title, url, key)
        shown = KEY_PLACEHOLDER if key else None
        if provider.id == "gemini":
            return GeminiChat(self._outbound, remote, base_url=url, key=shown or "")
        if provider.id == "anthropic":
            return AnthropicChat(self._outbound, remote, base_url=url, key=shown or "")
        field = "max_completion_tokens" if provider.id == "openai" else "max_tokens"
        return OpenAIChat(
            self._outbound, remote, base_url=url, key=shown, max_tokens_field=field, dialects=self._dialects
        )

    def _checked(self, id_: str, key: ApiKey | None, base_url: str | None) -> tuple[Provider, str, ApiKey | None]:
        provider = BY_ID.get(id_)
        if provider is None or not provider.chat:
            raise ProviderRefused(f'There is no provider of chat models called "{id_}".')
        key = key if key and key.secret.strip() else None
        if provider.needs_key and key is None:
            raise ProviderRefused(f"{provider.title} needs a key. {provider.key_help}")
        if key is not None and not (key.secret.isascii() and key.secret.isprintable()):
            raise ProviderRefused("The key holds characters that no key has. Copy it again.")
        given = (base_url or "").strip()
        if given and not provider.needs_base_url:
            raise ProviderRefused(
                f"{provider.title} has a fixed address. Leave it out, or choose the OpenAI-compatible provider."
            )
        url = given or self._addresses.get(provider.id)
        if url is None:
            raise ProviderRefused(f"{provider.title} needs its address. {provider.key_help}")
        url = api_base(url)
        self._outbound.upstreams.check(url)
        if URL(url).raw_query_string or URL(url).raw_fragment:
            raise ProviderRefused("The address must end with its path: leave out what follows ? or #.")
        return provider, url, key
