"""Embedders by provider: opened once for the same choice, closed together."""

from collections.abc import Mapping

from genai_stack.errors import Invalid
from genai_stack.infra.egress.api_key import KEY_PLACEHOLDER, ApiKey
from genai_stack.infra.egress.client import Outbound
from genai_stack.infra.egress.remote import Remote
from genai_stack.integrations.catalog import BY_ID, EMBEDDING_PROVIDERS, FIXED_ADDRESSES
from genai_stack.integrations.embedding.embedder import Embedder
from genai_stack.integrations.embedding.local import LocalEmbedder
from genai_stack.integrations.embedding.minilm import FLOAT_FINGERPRINT, MODEL
from genai_stack.integrations.embedding.remote import RemoteEmbedder

OPEN_EMBEDDERS = 64  # remote ones; the oldest is forgotten

Choice = tuple[str, str | None, ApiKey | None, str | None]


class Embedders:
    """`addresses`: of the providers whose address is fixed."""

    def __init__(
        self, outbound: Outbound, local: LocalEmbedder, *, addresses: Mapping[str, str] = FIXED_ADDRESSES
    ) -> None:
        self._outbound = outbound
        self._addresses = addresses
        self._local = local
        self._local_exact = LocalEmbedder(exact=True)
        self._opened: dict[Choice, Embedder] = {}

    def open(
        self,
        provider: str,
        model: str | None = None,
        key: ApiKey | None = None,
        base_url: str | None = None,
        fingerprint: str | None = None,
    ) -> Embedder:
        """Raises Invalid where no embedder can be meant; opening asks nobody anything yet.

        `fingerprint` is that of the vectors there are: of two versions of the local model, theirs is opened.
        """
        check_embedder(provider, model, has_key=key is not None, base_url=base_url)
        if BY_ID[provider].embeds_here:
            return self._local_exact if fingerprint == FLOAT_FINGERPRINT else self._local
        choice = (provider, model, key, base_url)
        if choice not in self._opened:
            if len(self._opened) >= OPEN_EMBEDDERS:
                del self._opened[next(iter(self._opened))]
            self._opened[choice] = self._open_remote(provider, model or "", key, base_url)
        return self._opened[choice]

    async def close(self) -> None:
        self._opened.clear()
        await self._local.close()
        await self._local_exact.close()

    def _open_remote(self, provider_id: str, model: str, key: ApiKey | None, base_url: str | None) -> Embedder:
        provider = BY_ID[provider_id]
        assert provider.embeddings is not None
        url = base_url or self._addresses[provider_id]
        remote = Remote(provider.title, url, key)
        placeholder = KEY_PLACEHOLDER if key else None
        ask = provider.embeddings.open(self._outbound, remote, model=model, key=placeholder, base_url=url)
        batch = provider.embeddings.texts_per_request
        return RemoteEmbedder(ask, remote, provider=provider_id, model=model, base_url=url, batch=batch)


def check_embedder(provider_id: str, model: str | None, *, has_key: bool, base_url: str | None) -> None:
    """Raises Invalid where this can make no embedder; whether it does is known when it is asked."""
    provider = BY_ID.get(provider_id)
    if provider is None or not provider.embeds:
        known = ", ".join(one.id for one in EMBEDDING_PROVIDERS)
        raise Invalid(f"There is no embedder called {provider_id!r}. Choose one of {known}.")
    if provider.embeds_here:
        if model not in {None, "", MODEL}:
            raise Invalid(f"The local embedder has one model, {MODEL}, and not {model!r}. Leave the model empty.")
        return
    if not model:
        raise Invalid("Enter the embedding model.")
    if provider.needs_base_url and not base_url:
        raise Invalid("Give the address of the embedding server, like http://localhost:11434/v1.")
    if base_url and not provider.needs_base_url:
        raise Invalid(f"The address of {provider_id} is fixed. Leave base_url out, or choose openai_compatible.")
    if provider.needs_key and not has_key:
        raise Invalid(f"The {provider_id} embedder needs an API key. Add one in Settings, then choose it.")
