"""Google's Gemini, with google-genai over the one client for outgoing requests."""

import ssl
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Final

from msgspec import field

from genai_stack.errors import ProviderRefused, StackError
from genai_stack.infra.egress.remote import Remote, cause
from genai_stack.integrations.embedding.gemini import TEXTS_PER_REQUEST, GeminiEmbeddings
from genai_stack.integrations.llm import prompt
from genai_stack.integrations.llm.chat_model import ChatRequest, Delta, Finish, ModelCard, Usage
from genai_stack.integrations.llm.imported import imported
from genai_stack.integrations.llm.model_list import ListedModel, cards, request_list
from genai_stack.integrations.provider import Connection, Embeddings, Provider

if TYPE_CHECKING:
    import httpx2
    from google.genai import Client, types

_SDK: Final = ("google.genai", "genai_stack.infra.egress.transport")
API_VERSION: Final = "v1"
MOST_ON_A_PAGE: Final = 1000
_STOPPED_BY_FILTER: Final = frozenset({"SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII"})


class GeminiChat:
    def __init__(self, connection: Connection) -> None:
        self._outbound, self._remote = connection.outbound, connection.remote
        self.name = connection.remote.name
        self._base_url = connection.base_url.rstrip("/")
        self._key = connection.key or ""

    async def stream(self, request: ChatRequest) -> AsyncIterator[Delta]:
        await imported(*_SDK)
        from genai_stack.infra.egress.transport import sdk_client  # noqa: PLC0415

        # Leaving google-genai's own stream does not end its request: closing this client does.
        async with sdk_client(self._outbound, self._remote, connect_within=request.connect_within) as http:
            client = self._client(http)
            answer = _GeminiReader(self._remote)
            try:
                chunks = await client.aio.models.generate_content_stream(  # pyright: ignore[reportUnknownMemberType]
                    model=request.model, contents=list(_contents(request)), config=_config(request)
                )
                async for chunk in chunks:
                    delta = answer.read(chunk)
                    if delta is not None:
                        yield delta
                yield answer.end()
            except Exception as error:
                raise _as_ours(error, self._remote) from error

    async def models(self) -> list[ModelCard]:
        url = f"{self._base_url}/{API_VERSION}/models?pageSize={MOST_ON_A_PAGE}"
        listed = await request_list(self._outbound, self._remote, url, {"x-goog-api-key": self._key}, _GeminiModels)
        chats = (model for model in listed.models if not model.actions or "generateContent" in model.actions)
        return cards(self._remote, ((m.name.removeprefix("models/"), m.title, None) for m in chats if m.name))

    def _client(self, http: "httpx2.AsyncClient") -> "Client":
        """What it would else make for itself and never use, two clients with certificates, costs it 45 ms."""
        import httpx2  # noqa: PLC0415
        from google import genai  # noqa: PLC0415
        from google.genai import types  # noqa: PLC0415

        return genai.Client(
            api_key=self._key,
            enterprise=False,
            http_options=types.HttpOptions(
                base_url=self._base_url,
                httpx_async_client=http,
                httpx_client=httpx2.Client(transport=httpx2.BaseTransport(), trust_env=False),
                async_client_args={"ssl": ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)},
            ),
        )


class _GeminiModel(ListedModel):
    name: str = ""
    title: str | None = field(default=None, name="displayName")
    actions: list[str] | None = field(default=None, name="supportedGenerationMethods")


class _GeminiModels(ListedModel):
    models: list[_GeminiModel]


class _GeminiReader:
    def __init__(self, remote: Remote) -> None:
        self._remote = remote
        self._usage: Usage | None = None
        self._finish: Finish | None = None

    def read(self, chunk: "types.GenerateContentResponse") -> Delta | None:
        blocked = chunk.prompt_feedback and chunk.prompt_feedback.block_reason
        if blocked:
            raise ProviderRefused(f"{self._remote.name} refused the question ({blocked.value}). Ask it differently.")
        counted = chunk.usage_metadata
        if counted is not None:
            thoughts = counted.thoughts_token_count or 0
            self._usage = Usage(
                counted.prompt_token_count or 0, (counted.candidates_token_count or 0) + thoughts, thoughts
            )
        text = reasoning = ""
        for candidate in (chunk.candidates or ())[:1]:
            if candidate.finish_reason is not None:
                self._finish = _finish(candidate.finish_reason.value)
            for part in (candidate.content and candidate.content.parts) or ():
                if part.thought:
                    reasoning += part.text or ""
                else:
                    text += part.text or ""
        return Delta(prompt.sound(text), prompt.sound(reasoning)) if text or reasoning else None

    def end(self) -> Delta:
        if self._finish is None:
            raise self._remote.cut()
        return Delta(usage=self._usage, finish=self._finish)


def _finish(reason: str) -> Finish:
    if reason == "MAX_TOKENS":
        return "length"
    return "filtered" if reason in _STOPPED_BY_FILTER else "stop"


def _contents(request: ChatRequest) -> "list[types.Content]":
    from google.genai import types  # noqa: PLC0415

    return [
        types.Content(role="model" if message.role == "assistant" else "user", parts=[types.Part(text=message.content)])
        for message in prompt.render(request)
        if message.role != "system"
    ]


def _config(request: ChatRequest) -> "types.GenerateContentConfig":
    from google.genai import types  # noqa: PLC0415

    levels = {
        "off": types.ThinkingConfig(include_thoughts=False, thinking_level=types.ThinkingLevel.MINIMAL),
        "low": types.ThinkingConfig(include_thoughts=True, thinking_level=types.ThinkingLevel.LOW),
        "medium": types.ThinkingConfig(include_thoughts=True, thinking_level=types.ThinkingLevel.MEDIUM),
        "high": types.ThinkingConfig(include_thoughts=True, thinking_level=types.ThinkingLevel.HIGH),
    }
    return types.GenerateContentConfig(
        system_instruction="\n\n".join(m.content for m in prompt.render(request) if m.role == "system") or None,
        temperature=request.temperature,
        max_output_tokens=request.max_tokens,
        thinking_config=levels[request.reasoning] if request.reasoning else None,
    )


def _as_ours(error: Exception, remote: Remote) -> StackError:
    from google.genai import errors  # noqa: PLC0415

    ours = cause(error)
    if ours is not None:
        return ours
    if isinstance(error, errors.APIError):  # an error object inside a stream
        return remote.told({"message": error.message or "", "status": error.status or "", "code": error.code})
    return remote.broken("answered in an unknown format")


PROVIDER = Provider(
    "gemini",
    title="Google Gemini",
    key_help="Create a key at aistudio.google.com, under Get API key.",
    rank=3,
    needs_key=True,
    default_base_url="https://generativelanguage.googleapis.com",
    open_chat=GeminiChat,
    embeddings=Embeddings(GeminiEmbeddings, TEXTS_PER_REQUEST),
    trace_name="gcp.gemini",
)
