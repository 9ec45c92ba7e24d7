"""OpenAI's chat completions, read with aiohttp: `openai`, and every server of its dialect."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from typing import Final, cast

import aiohttp
import msgspec

from genai_stack.errors import ProviderFailed, ProviderRefused
from genai_stack.infra.egress.answer_body import AnswerBody
from genai_stack.infra.egress.client import Outbound
from genai_stack.infra.egress.remote import Remote
from genai_stack.infra.egress.sse import EVENT_BYTES, EventSplitter, OversizedStreamError, ServerSentEvent, checked
from genai_stack.integrations.llm import prompt
from genai_stack.integrations.llm.chat_model import ChatRequest, Delta, Finish, ModelCard, Usage
from genai_stack.integrations.llm.openai_chunks import read_chunk
from genai_stack.integrations.llm.openai_dialect import Dialects
from genai_stack.integrations.llm.openai_models import openai_models
from genai_stack.integrations.llm.think import ThinkSplitter

PAUSE: Final = 0.05  # seconds
ANSWER_CHARS: Final = 4 * 1024 * 1024
_SECONDS_TO_END: Final = 0.2
_SECONDS_BETWEEN_SIGNS_OF_LIFE: Final = 1.0
_MOST_ADAPTATIONS: Final = 6


class OpenAIChat:
    """`dialects` remembers what each server does not take, so that it is refused once only."""

    def __init__(
        self,
        outbound: Outbound,
        remote: Remote,
        *,
        base_url: str,
        key: str | None,
        max_tokens_field: str,
        dialects: Dialects | None = None,
        answer_chars: int = ANSWER_CHARS,
    ) -> None:
        self._outbound = outbound
        self._remote = remote
        self.name = remote.name
        self._base_url = base_url.rstrip("/")
        self._key = key
        self._dialects = Dialects() if dialects is None else dialects
        self._headers = {"content-type": "application/json", "accept": "text/event-stream"}
        if key:
            self._headers["authorization"] = f"Bearer {key}"
        self._max_tokens_field = max_tokens_field
        self._answer_chars = answer_chars

    async def stream(self, request: ChatRequest) -> AsyncIterator[Delta]:
        response = await self._ask(request)
        try:
            if response.content_type == "text/html":
                raise self._remote.broken("answered with text/html instead of a stream")
            answer = AnswerReader(self._remote, self._answer_chars)
            body, pace = AnswerBody(response, self._remote), Pace(response)
            while chunk := await body.read():
                delta = answer.read(chunk)
                if delta is not None:
                    yield delta
                    await pace.rest()
                elif pace.sign_of_life():
                    yield Delta()
                if answer.failure is not None:
                    raise answer.failure
                if answer.done:
                    break
            yield answer.end()
            if not response.content.at_eof():
                await _end(body)
        finally:
            response.close()  # closes the connection, unless the answer was read to its end

    async def models(self) -> list[ModelCard]:
        return await openai_models(self._outbound, self._remote, base_url=self._base_url, key=self._key)

    async def _ask(self, request: ChatRequest) -> aiohttp.ClientResponse:
        """The answer to the request as this server takes it: what it refuses is left out, or named otherwise."""
        dialect = self._dialects.of(self._base_url, request.model)
        for _ in range(_MOST_ADAPTATIONS):
            try:
                response = await self._outbound.request(
                    self._remote,
                    "POST",
                    f"{self._base_url}{dialect.path}/chat/completions",
                    headers=self._headers,
                    body=msgspec.json.encode(dialect.applied(self._body(request))),
                    connect_within=request.connect_within,
                )
            except ProviderRefused as refused:
                adapted = dialect.without(refused, self._body(request), self._base_url)
                if adapted is None:
                    raise
                dialect = adapted
                continue
            if response.content_type == "text/html" and (adapted := dialect.elsewhere(self._base_url)):
                response.close()
                dialect = adapted
                continue
            self._dialects.remember(self._base_url, request.model, dialect)
            return response
        raise self._remote.broken("refused every known form of the request")

    def _body(self, request: ChatRequest) -> dict[str, object]:
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
        return body


class Pace:
    """Reads a long stream every `PAUSE` seconds, all together: it costs the same for one token as for three.

    Nothing shows text more often than that. The first token goes on at once, and so does an answer that comes at once.
    """

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        connection = response.connection
        self._transport = cast("asyncio.ReadTransport | None", connection.transport if connection else None)
        self._now = asyncio.get_running_loop().time
        self._long: float | None = None
        self._alive_at = 0.0

    def sign_of_life(self) -> bool:
        """Whether one is due: something came that held no text, such as a comment that keeps the connection."""
        now = self._now()
        due = now - self._alive_at >= _SECONDS_BETWEEN_SIGNS_OF_LIFE
        self._alive_at = now if due else self._alive_at
        return due

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


class AnswerReader:
    """One answer while it is read: an event stream, or one JSON object in place of a stream."""

    def __init__(self, remote: Remote, chars: int) -> None:
        self._remote = remote
        self._chars_left = chars
        self._events = EventSplitter()
        self._think = ThinkSplitter()
        self._usage: Usage | None = None
        self._finish: Finish | None = None
        self._tool: str | None = None
        self._understood = False
        self._json: bytearray | None = None
        self._begun = False
        self.done = False
        self.failure: ProviderFailed | None = None  # raised after the text that came before it

    def read(self, chunk: bytes) -> Delta | None:
        if not self._begun and (start := chunk.removeprefix(b"\xef\xbb\xbf").lstrip()):
            self._begun = True
            self._json = bytearray() if start[:1] in {b"{", b"["} else None
        if self._json is not None:
            self._json += chunk
            if len(self._json) > EVENT_BYTES:
                raise self._remote.broken("answered with more JSON than any answer has")
            return None
        return self._delta(self._events.feed(chunk))

    def end(self) -> Delta:
        """The last delta: what was held back, the usage and why the answer ends."""
        if self._json is not None:
            last = self._delta(checked(b"", bytes(self._json)))
        else:
            last = None if self.done else self._delta(self._events.end())
        if self.failure is not None:
            raise self.failure
        if not self.done and self._finish is None and self._json is None:
            raise self._remote.cut() if self._understood else self._remote.broken("did not answer with a stream")
        text, reasoning, retracts = self._think.rest()
        if last is not None:
            text, reasoning = last.text + text, last.reasoning + reasoning
            retracts = retracts or last.retracts
        if self._tool is not None and self._finish in {None, "stop"}:
            self._finish = "tool_calls"
        return Delta(text, reasoning, self._usage, self._finish or "stop", retracts)

    def _delta(self, events: Iterable[ServerSentEvent]) -> Delta | None:
        text = reasoning = ""
        retracts = False
        try:
            for event in events:
                if event.data == b"[DONE]":
                    self.done = True
                    break
                said, thought, voids = self._understand(event)
                if voids:
                    reasoning, text, retracts = reasoning + text, "", True
                text += said
                reasoning += thought
        except ProviderFailed as failure:
            self.failure = failure
        except OversizedStreamError as error:
            self.failure = self._remote.broken(f"sent {error}")
        if not text and not reasoning and not retracts:
            return None
        self._chars_left -= len(text) + len(reasoning)
        if self._chars_left < 0:
            raise self._remote.broken("sent an answer longer than this server takes")
        if "\x00" in text or "\x00" in reasoning:
            text, reasoning = prompt.sound(text), prompt.sound(reasoning)
        return Delta(text, reasoning, retracts=retracts)

    def _understand(self, event: ServerSentEvent) -> tuple[str, str, bool]:
        """Text, reasoning, and whether all text before was reasoning, of one event."""
        try:
            chunk = read_chunk(event.data)
        except ValueError:
            if event.type == b"error" or event.data[:1] not in {b"{", b"["}:
                raise self._remote.told({"message": event.data.decode("utf-8", "replace")}) from None
            raise self._remote.broken("sent an event in an unknown format") from None
        self._understood = True
        if chunk.error is not None:
            raise self._remote.told(chunk.error)
        if event.type == b"error" and not chunk.text:
            raise self._remote.told({"message": event.data.decode("utf-8", "replace")})
        if chunk.usage is not None:
            self._usage = chunk.usage
        self._finish = chunk.finish or self._finish
        self._tool = chunk.tool or self._tool if chunk.tool is not None else self._tool
        said, thought, voids = chunk.text, chunk.reasoning, False
        if said:
            said, inline, voids = self._think.split(said)
            thought += inline
        return said, thought, voids


async def _end(body: AnswerBody) -> None:
    """After the last event the body's end is a moment away; read, it leaves the connection for the next request."""
    try:
        async with asyncio.timeout(_SECONDS_TO_END):
            while await body.read():
                pass
    except (TimeoutError, ProviderFailed):
        return
