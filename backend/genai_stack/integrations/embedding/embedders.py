"""Which embedder a knowledge base means: opened once for the same words, closed together."""

from collections.abc import Mapping

from genai_stack.errors import Invalid
from genai_stack.infra.egress.api_key import KEY_PLACEHOLDER, ApiKey
from genai_stack.infra.egress.client import Outbound
from genai_stack.infra.egress.remote import Remote
from genai_stack.integrations.embedding import gemini, openai_dialect
from genai_stack.integrations.embedding.embedder import Embedder
from genai_stack.integrations.embedding.local import LocalEmbedder
from genai_stack.integrations.embedding.minilm import FLOAT_FINGERPRINT, MODEL
from genai_stack.integrations.embedding.remote import RemoteEmbedder
from genai_stack.integrations.llm.providers import FIXED_ADDRESSES

PROVIDERS = ("local", "openai", "openai_compatible", "gemini")
OPEN_EMBEDDERS = 64  # remote ones; the oldest is forgotten

Words = tuple[str, str | None, ApiKey | None, str | None]


class Embedders:
    """`addresses`: of the providers whose address is fixed."""

    def __init__(
        self, outbound: Outbound, local: LocalEmbedder, *, addresses: Mapping[str, str] = FIXED_ADDRESSES
    ) -> None:
        self._outbound = outbound
        self._addresses = addresses
        self._local = local
        self._local_exact = LocalEmbedder(exact=True)
        self._opened: dict[Words, Embedder] = {}

    def open(
        self,
        provider: str,
        model: str | None = None,
        key: ApiKey | None = None,
        base_url: str | None = None,
        fingerprint: str | None = None,
    ) -> Embedder:
        """Invalid where the words do not make an embedder; opening asks nobody anything yet.

        `fingerprint` is that of the vectors there are: of two versions of the local model, theirs is opened.
        """
        if provider == "local":
            if model not in {None, "", MODEL}:
                raise Invalid(f"The local embedder knows one model, {MODEL}, and not {model!r}. Leave the model empty.")
            return self._local_exact if fingerprint == FLOAT_FINGERPRINT else self._local
        words = (provider, model, key, base_url)
        if words not in self._opened:
            if len(self._opened) >= OPEN_EMBEDDERS:
                del self._opened[next(iter(self._opened))]
            self._opened[words] = self._open_remote(*words)
        return self._opened[words]

    async def close(self) -> None:
        self._opened.clear()
        await self._local.close()
        await self._local_exact.close()

    def _open_remote(self, provider: str, model: str | None, key: ApiKey | None, base_url: str | None) -> Embedder:
        if provider not in PROVIDERS:
            raise Invalid(f"There is no embedder called {provider!r}. Choose one of {', '.join(PROVIDERS)}.")
        if not model:
            raise Invalid("Name the model that shall embed the passages.")
        if not key and provider != "openai_compatible":
            raise Invalid(f"The {provider} embedder needs a credential. Add one, then choose it.")
        if provider == "openai_compatible" and not base_url:
            raise Invalid("Give the address of the embedding server, like http://localhost:11434/v1.")
        if base_url and provider != "openai_compatible":
            raise Invalid(f"The address of {provider} is fixed. Leave it out, or choose openai_compatible.")
        shown = KEY_PLACEHOLDER if key else None
        url = base_url or self._addresses[provider]
        if provider == "gemini":
            remote = Remote("Gemini", url, key)
            ask = gemini.GeminiEmbeddings(self._outbound, remote, model=model, key=shown, base_url=url)
            return RemoteEmbedder(
                ask, remote, provider=provider, model=model, base_url=url, batch=gemini.TEXTS_PER_REQUEST
            )
        remote = Remote("OpenAI" if provider == "openai" else "The embedding server", url, key)
        ask = openai_dialect.OpenAIEmbeddings(self._outbound, remote, model=model, key=shown, base_url=url)
        return RemoteEmbedder(
            ask, remote, provider=provider, model=model, base_url=url, batch=openai_dialect.TEXTS_PER_REQUEST
        )
