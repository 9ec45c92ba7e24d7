"""OpenAI's chat completions, read with aiohttp and a typed decoder: `openai`, and every server of its dialect."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from typing import Final, cast

import aiohttp
import msgspec
from msgspec import Struct

from genai_stack.errors import ProviderFailed
from genai_stack.infra.egress.client import Outbound
from genai_stack.infra.egress.remote import Remote
from genai_stack.integrations.llm import prompt
from genai_stack.integrations.llm.chat_model import ChatRequest, Delta, Finish, Usage
from genai_stack.integrations.llm.openai_models import openai_models
from genai_stack.integrations.llm.providers import ModelCard
from genai_stack.integrations.llm.sse import EventSplitter, LineTooLongError
from genai_stack.integrations.llm.think import ThinkSplitter

EVENT_BYTES: Final = 1024 * 1024
PAUSE: Final = 0.05  # seconds
ANSWER_CHARS: Final = 4 * 1024 * 1024
_SECONDS_TO_END: Final = 0.2
_FINISHES: Final[Mapping[str, Finish]] = {"length": "length", "content_filter": "filtered"}


class _Piece(Struct):
    content: str | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None
    refusal: str | None = None


class _Choice(Struct):
    delta: _Piece | None = None
    finish_reason: str | None = None


class _Details(Struct):
    reasoning_tokens: int | None = None


class _Usage(Struct):
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    completion_tokens_details: _Details | None = None


class _Chunk(Struct):
    choices: list[_Choice] | None = None
    usage: _Usage | None = None
    error: dict[str, object] | str | None = None


_decode: Final = msgspec.json.Decoder(_Chunk).decode


class OpenAIChat:
    """`max_tokens_field` is `max_completion_tokens` at OpenAI itself and `max_tokens` in its dialect."""

    def __init__(
        self,
        outbound: Outbound,
        remote: Remote,
        *,
        base_url: str,
        key: str | None,
        max_tokens_field: str,
        answer_chars: int = ANSWER_CHARS,
    ) -> None:
        self._outbound = outbound
        self._remote = remote
        self.name = remote.name
        self._base_url = base_url
        self._key = key
        self._url = base_url.rstrip("/") + "/chat/completions"
        self._headers = {"content-type": "application/json", "accept": "text/event-stream"}
        if key:
            self._headers["authorization"] = f"Bearer {key}"
        self._max_tokens_field = max_tokens_field
        self._answer_chars = answer_chars

    async def stream(self, request: ChatRequest) -> AsyncIterator[Delta]:
        response = await self._outbound.request(
            self._remote,
            "POST",
            self._url,
            headers=self._headers,
            body=self._body(request),
            connect_within=request.connect_within,
        )
        try:
            if response.content_type in {"text/html", "application/json"}:
                raise self._remote.broken(f"answered with {response.content_type} instead of a stream")
            answer = Answer(self._remote, self._answer_chars)
            content, pace = response.content, Pace(response)
            while chunk := await content.readany():
                delta = answer.read(chunk)
                if delta is not None:
                    yield delta
                    await pace.rest()
                if answer.failure is not None:
                    raise answer.failure
                if answer.done:
                    break
            yield answer.end()
            if not content.at_eof():
                await _end(content)
        except (aiohttp.ClientError, OSError) as error:
            raise self._remote.failed(error) from error
        finally:
            response.close()  # closes the connection, unless the answer was read to its end

    async def models(self) -> list[ModelCard]:
        return await openai_models(self._outbound, self._remote, base_url=self._base_url, key=self._key)

    def _body(self, request: ChatRequest) -> bytes:
        body: dict[str, object] = {
            "model": request.model,
            "messages": prompt.render(request),
            "stream": True,
            "stream_options": {"include_usage": True},
        }
        if request.temperature is not None:
            body["temperature"] = request.temperature
        if request.max_tokens is not None:
            body[self._max_tokens_field] = request.max_tokens
        if request.reasoning is not None:
            body["reasoning_effort"] = "none" if request.reasoning == "off" else request.reasoning
        return msgspec.json.encode(body)


class Pace:
    """Reads a long stream every `PAUSE` seconds, all together: it costs the same for one token as for three.

    Nothing shows text more often than that. The first token goes on at once, and so does an answer that comes at once.
    """

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        connection = response.connection
        self._transport = cast("asyncio.ReadTransport | None", connection.transport if connection else None)
        self._now = asyncio.get_running_loop().time
        self._long: float | None = None

    async def rest(self) -> None:
        if self._long is None:
            self._long = self._now() + PAUSE
        if self._transport is None or self._now() < self._long or not self._transport.is_reading():
            return
        self._transport.pause_reading()
        try:
            await asyncio.sleep(PAUSE - self._now() % PAUSE)
        finally:
            self._transport.resume_reading()


class Answer:
    """One answer while it is read."""

    def __init__(self, remote: Remote, chars: int) -> None:
        self._remote = remote
        self._chars_left = chars
        self._events = EventSplitter(EVENT_BYTES)
        self._think = ThinkSplitter()
        self._usage: Usage | None = None
        self._finish: Finish | None = None
        self._understood = False
        self.done = False
        self.failure: ProviderFailed | None = None  # raised after the text that came before it

    def read(self, chunk: bytes) -> Delta | None:
        try:
            return self._delta(self._events.feed(chunk))
        except LineTooLongError:
            raise self._remote.broken("sent a line longer than any answer has") from None

    def end(self) -> Delta:
        """The last delta: what was held back, the usage and why the answer ends."""
        last = None if self.done else self._delta(self._events.end())
        if self.failure is not None:
            raise self.failure
        if not self.done and self._finish is None:
            raise self._remote.cut() if self._understood else self._remote.broken("did not answer with events")
        text, reasoning = self._think.rest()
        if last is not None:
            text, reasoning = last.text + text, last.reasoning + reasoning
        return Delta(text, reasoning, self._usage, self._finish or "stop")

    def _delta(self, events: list[bytes]) -> Delta | None:
        text = reasoning = ""
        try:
            for event in events:
                if event == b"[DONE]":
                    self.done = True
                    break
                said, thought = self._understand(event)
                text += said
                reasoning += thought
        except ProviderFailed as failure:
            self.failure = failure
        if not text and not reasoning:
            return None
        self._chars_left -= len(text) + len(reasoning)
        if self._chars_left < 0:
            raise self._remote.broken("sent an answer longer than this server takes")
        if "\x00" in text or "\x00" in reasoning:
            text, reasoning = prompt.sound(text), prompt.sound(reasoning)
        return Delta(text, reasoning)

    def _understand(self, event: bytes) -> tuple[str, str]:
        """The text and the reasoning of one event."""
        try:
            chunk = _decode(event)
        except (msgspec.DecodeError, UnicodeDecodeError):
            chunk = self._mended(event)
        self._understood = True
        if chunk.error is not None:
            raise self._remote.told({"message": chunk.error} if isinstance(chunk.error, str) else chunk.error)
        if chunk.usage is not None:
            self._usage = _counted(chunk.usage)
        if not chunk.choices:
            return "", ""
        choice = chunk.choices[0]
        if choice.finish_reason:
            self._finish = _FINISHES.get(choice.finish_reason, "stop")
        piece = choice.delta
        if piece is None:
            return "", ""
        said = piece.content or piece.refusal or ""
        thought = piece.reasoning_content or piece.reasoning or ""
        if said and not self._think.answering:
            said, inline = self._think.split(said)
            thought += inline
        return said, thought

    def _mended(self, event: bytes) -> _Chunk:
        """Lone surrogates and broken UTF-8 are mended; what is no chunk even then is refused."""
        try:
            mended = json.dumps(json.loads(event.decode("utf-8", "replace")), ensure_ascii=False)
            return _decode(prompt.sound(mended).encode())
        except (ValueError, RecursionError, msgspec.DecodeError):
            raise self._remote.broken("sent an event that is not of its own format") from None


def _counted(usage: _Usage) -> Usage:
    details = usage.completion_tokens_details
    return Usage(usage.prompt_tokens or 0, usage.completion_tokens or 0, (details and details.reasoning_tokens) or 0)


async def _end(content: aiohttp.StreamReader) -> None:
    """After the last event the body's end is a moment away; read, it leaves the connection for the next request."""
    try:
        async with asyncio.timeout(_SECONDS_TO_END):
            while await content.readany():
                pass
    except TimeoutError:
        return
