"""Anthropic's messages, with its SDK over the one client for outgoing requests."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

import msgspec

from genai_stack.errors import StackError
from genai_stack.infra.egress.remote import Remote, cause
from genai_stack.integrations.llm import prompt
from genai_stack.integrations.llm.chat_model import ChatRequest, Delta, Effort, Finish, Message, ModelCard, Usage
from genai_stack.integrations.llm.imported import imported
from genai_stack.integrations.llm.model_list import ListedModel, cards, request_list
from genai_stack.integrations.provider import Connection, Provider

if TYPE_CHECKING:
    from anthropic import AsyncAnthropic, Omit
    from anthropic.types import MessageParam, OutputConfigParam, RawMessageStreamEvent, ThinkingConfigParam

_SDK: Final = ("anthropic", "genai_stack.infra.egress.transport")
API_VERSION: Final = "2023-06-01"
MOST_ON_A_PAGE: Final = 1000
# Anthropic demands a limit. Thinking counts towards it.
_MAX_TOKENS: Final = 8192
_MAX_TOKENS_THINKING: Final = 32768


class AnthropicChat:
    def __init__(self, connection: Connection) -> None:
        self._outbound, self._remote = connection.outbound, connection.remote
        self.name = connection.remote.name
        self._base_url = connection.base_url.rstrip("/")
        self._key = connection.key or ""

    async def stream(self, request: ChatRequest) -> AsyncIterator[Delta]:
        async with self._client(request.connect_within) as client:
            answer = _AnthropicReader(self._remote)
            try:
                async for event in await _ask(client, request):
                    delta = answer.read(event)
                    if delta is not None:
                        yield delta
                    if answer.done:
                        break
                yield answer.end()
            except Exception as error:
                raise _as_ours(error, self._remote) from error

    async def models(self) -> list[ModelCard]:
        headers = {"x-api-key": self._key, "anthropic-version": API_VERSION}
        url = f"{self._base_url}/v1/models?limit={MOST_ON_A_PAGE}"
        listed = await request_list(self._outbound, self._remote, url, headers, _AnthropicModels)
        offered = (model for model in listed.data if model.lifecycle != "retired")
        return cards(self._remote, ((model.id, model.display_name, model.retires_at) for model in offered))

    @asynccontextmanager
    async def _client(self, connect_within: float) -> "AsyncGenerator[AsyncAnthropic]":
        await imported(*_SDK)
        from anthropic import AsyncAnthropic  # noqa: PLC0415

        from genai_stack.infra.egress.transport import sdk_client  # noqa: PLC0415

        async with sdk_client(self._outbound, self._remote, connect_within=connect_within) as http:
            yield AsyncAnthropic(
                api_key=self._key, base_url=self._base_url, http_client=http, max_retries=0, timeout=None
            )


class _AnthropicModel(ListedModel):
    id: str
    display_name: str | None = None
    lifecycle: str | None = None
    retires_at: str | None = None


class _AnthropicModels(ListedModel):
    data: list[_AnthropicModel]


class _AnthropicReader:
    def __init__(self, remote: Remote) -> None:
        self._remote = remote
        self._usage = Usage()
        self._finish: Finish = "stop"
        self.done = False

    def read(self, event: "RawMessageStreamEvent") -> Delta | None:
        if event.type == "content_block_delta":
            if event.delta.type == "text_delta" and event.delta.text:
                return Delta(prompt.sound(event.delta.text))
            if event.delta.type == "thinking_delta" and event.delta.thinking:
                return Delta(reasoning=prompt.sound(event.delta.thinking))
        elif event.type == "message_start":
            used = event.message.usage
            cached = (used.cache_creation_input_tokens or 0) + (used.cache_read_input_tokens or 0)
            self._usage = Usage(used.input_tokens + cached, used.output_tokens)
        elif event.type == "message_delta":
            details = event.usage.output_tokens_details
            reasoning = details.thinking_tokens if details else 0
            self._usage = Usage(self._usage.prompt_tokens, event.usage.output_tokens, reasoning or 0)
            if event.delta.stop_reason in {"max_tokens", "model_context_window_exceeded"}:
                self._finish = "length"
            elif event.delta.stop_reason == "refusal":
                self._finish = "filtered"
        elif event.type == "message_stop":
            self.done = True
        return None

    def end(self) -> Delta:
        if not self.done:
            raise self._remote.cut()
        return Delta(usage=self._usage, finish=self._finish)


async def _ask(client: "AsyncAnthropic", request: ChatRequest) -> "AsyncIterator[RawMessageStreamEvent]":
    from anthropic import omit  # noqa: PLC0415

    messages = prompt.render(request)
    turns = [_turn(message) for message in messages if message.role != "system"]
    thinks = request.reasoning not in {None, "off"}
    return await client.messages.create(
        model=request.model,
        messages=turns,
        system="\n\n".join(m.content for m in messages if m.role == "system") or omit,
        max_tokens=request.max_tokens or (_MAX_TOKENS_THINKING if thinks else _MAX_TOKENS),
        thinking=_thinking(request.reasoning),
        output_config=_output(request.reasoning),
        # The SDK knows no temperature any more; older models still take one.
        extra_body=None if request.temperature is None else {"temperature": request.temperature},
        stream=True,
    )


def _turn(message: Message) -> "MessageParam":
    if message.role == "assistant":
        return {"role": "assistant", "content": message.content}
    return {"role": "user", "content": message.content}


def _output(effort: Effort | None) -> "OutputConfigParam | Omit":
    from anthropic import omit  # noqa: PLC0415

    return omit if effort is None or effort == "off" else {"effort": effort}


def _thinking(effort: Effort | None) -> "ThinkingConfigParam | Omit":
    from anthropic import omit  # noqa: PLC0415

    if effort is None:
        return omit
    return {"type": "disabled"} if effort == "off" else {"type": "adaptive", "display": "summarized"}


def _as_ours(error: Exception, remote: Remote) -> StackError:
    from anthropic import APIStatusError  # noqa: PLC0415

    ours = cause(error)
    if ours is not None:
        return ours
    if isinstance(error, APIStatusError):  # an error event inside a stream
        return remote.told(_error_object(error.body))
    return remote.broken("answered in an unknown format")


def _error_object(body: object) -> dict[str, object]:
    """`{"type": "error", "error": {"type", "message"}}`, as Anthropic sends it."""
    try:
        return msgspec.convert(body, _ErrorEvent).error
    except msgspec.ValidationError:
        return {}


class _ErrorEvent(msgspec.Struct):
    error: dict[str, object]


PROVIDER = Provider(
    "anthropic",
    title="Anthropic",
    key_help="Create a key at console.anthropic.com, under API keys. It begins with sk-ant-.",
    rank=4,
    needs_key=True,
    default_base_url="https://api.anthropic.com",
    open_chat=AnthropicChat,
)
