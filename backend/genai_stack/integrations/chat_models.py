"""Chat models by provider, and the models that a key can use."""

import asyncio
from collections.abc import Mapping
from typing import Final

from yarl import URL

from genai_stack.errors import ProviderRefused, ProviderTooSlow
from genai_stack.infra.egress.api_key import KEY_PLACEHOLDER, ApiKey
from genai_stack.infra.egress.client import Outbound
from genai_stack.infra.egress.key_mask import KeyMask
from genai_stack.infra.egress.remote import Remote
from genai_stack.integrations.catalog import BY_ID, FIXED_ADDRESSES
from genai_stack.integrations.llm.chat_model import ChatModel, ModelCard
from genai_stack.integrations.llm.masked_model import MaskedModel
from genai_stack.integrations.openai_address import api_base
from genai_stack.integrations.provider import CompareTexts, Connection, ListingChatModel, Provider, Shared

_LIST_SECONDS: Final = 30.0


class ChatModels:
    """Opens chat models. Raises ProviderRefused or UpstreamRefused where it cannot.

    `compare_texts` is for the offline model; `addresses` are those of the providers whose address is fixed.
    """

    def __init__(
        self,
        outbound: Outbound,
        *,
        compare_texts: CompareTexts | None = None,
        list_seconds: float = _LIST_SECONDS,
        addresses: Mapping[str, str] = FIXED_ADDRESSES,
        providers: Mapping[str, Provider] = BY_ID,
    ) -> None:
        self._outbound = outbound
        self._addresses, self._providers = addresses, providers
        self._list_seconds = list_seconds
        self._shared = Shared(compare_texts=compare_texts)

    def model(self, provider: str, *, key: ApiKey | None = None, base_url: str | None = None) -> ChatModel:
        model = self._open(provider, key, base_url)
        return MaskedModel(model, model.name, key) if key and KeyMask.is_needed(key) else model

    async def models_of(self, provider: str, key: ApiKey | None = None, base_url: str | None = None) -> list[ModelCard]:
        """Asked of the provider, sorted by id."""
        model = self._open(provider, key, base_url)
        try:
            async with asyncio.timeout(self._list_seconds):
                cards = await model.models()
        except TimeoutError:
            raise ProviderTooSlow(
                f"{model.name} did not list its models within {self._list_seconds:g} seconds. Try again."
            ) from None
        return sorted(cards, key=lambda card: card.id)

    async def test(self, provider: str, key: ApiKey | None = None, base_url: str | None = None) -> None:
        """Raises ProviderRefused where the key is not taken. Costs no tokens: it asks for the list of models."""
        await self.models_of(provider, key, base_url)

    async def close(self) -> None:
        await self._outbound.close()

    def _open(self, provider_id: str, key: ApiKey | None, base_url: str | None) -> ListingChatModel:
        provider = self._providers.get(provider_id)
        if provider is None or provider.open_chat is None:
            raise ProviderRefused(f'There is no provider of chat models called "{provider_id}".')
        key = _checked_key(provider, key)
        url = self._checked_url(provider, base_url) if provider.has_server else ""
        placeholder = KEY_PLACEHOLDER if key else None
        remote = Remote(provider.title, url, key)
        return provider.open_chat(Connection(self._outbound, remote, url, placeholder, self._shared))

    def _checked_url(self, provider: Provider, base_url: str | None) -> str:
        given = (base_url or "").strip()
        if given and not provider.needs_base_url:
            raise ProviderRefused(
                f"{provider.title} has a fixed address. Leave it out, or choose the OpenAI-compatible provider."
            )
        url = given or self._addresses.get(provider.id, provider.default_base_url)
        if url is None:
            raise ProviderRefused(f"{provider.title} needs its address. {provider.key_help}")
        url = api_base(url)
        self._outbound.upstreams.check(url)
        if URL(url).raw_query_string or URL(url).raw_fragment:
            raise ProviderRefused("The address can’t contain ? or #. Remove what follows.")
        return url


def _checked_key(provider: Provider, key: ApiKey | None) -> ApiKey | None:
    key = key if key and key.secret.strip() else None
    if provider.needs_key and key is None:
        raise ProviderRefused(f"{provider.title} needs a key. {provider.key_help}")
    if key is not None and not (key.secret.isascii() and key.secret.isprintable()):
        raise ProviderRefused("The API key contains characters that no key has. Copy it again.")
    return key
