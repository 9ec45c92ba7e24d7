"""OpenAI's wire format and what its dialects make of it."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genai_stack.errors import ProviderBroken, ProviderFailed, ProviderUnreachable
from genai_stack.infra.egress.addresses import Upstreams
from genai_stack.infra.egress.client import Outbound
from genai_stack.infra.egress.remote import Remote
from genai_stack.integrations.llm.chat_model import ChatRequest, Delta, Usage
from genai_stack.integrations.llm.openai_wire import AnswerReader, OpenAIChat
from tests.fakes.openai_server import OpenAIServer

REMOTE = Remote("Test", "http://example.com", None)


def event(delta: dict[str, Any] | None = None, finish: str | None = None, **more: object) -> bytes:
    choices = [] if delta is None else [{"index": 0, "delta": delta, "finish_reason": finish}]
    return b"data: " + json.dumps({"choices": choices} | more, ensure_ascii=False).encode() + b"\n\n"


DONE = b"data: [DONE]\n\n"
USAGE = {"prompt_tokens": 3, "completion_tokens": 4, "completion_tokens_details": {"reasoning_tokens": 2}}
STREAM = (
    b": keep-alive\r\n\r\n"
    + event({"role": "assistant", "content": ""})
    + event({"reasoning": "hm "})
    + event({"content": "<thi"})
    + event({"content": "nk>naïve</think>\n\nYes: "})
    + event({"content": "日本 \U0001f600"})
    + event({}, "length")
    + event(usage=USAGE)
    + DONE
)


def read(pieces: list[bytes], chars: int = 10_000) -> Delta:
    """The whole answer as one delta."""
    answer = AnswerReader(REMOTE, chars)
    deltas: list[Delta] = []
    for piece in pieces:
        delta = answer.read(piece)
        if delta is not None:
            deltas.append(delta)
        if answer.failure is not None:
            raise answer.failure
    last = answer.end()
    deltas.append(last)
    return Delta("".join(d.text for d in deltas), "".join(d.reasoning for d in deltas), last.usage, last.finish)


@settings(deadline=None)
@given(st.sets(st.integers(0, len(STREAM)), max_size=30))
def test_any_cut_gives_the_same_answer(cuts: set[int]) -> None:
    places = sorted(cuts)
    pieces = [STREAM[a:b] for a, b in zip([0, *places], [*places, len(STREAM)], strict=True)]
    assert read(pieces) == Delta("Yes: 日本 \U0001f600", "hm naïve", Usage(3, 4, 2), "length")


def test_end_without_the_last_mark_is_an_end_if_a_reason_was_given() -> None:
    assert read([event({"content": "a"}, "stop")]).finish == "stop"
    with pytest.raises(ProviderUnreachable, match="cut"):
        read([event({"content": "a"})])


def test_refusal_is_an_answer() -> None:
    assert read([event({"refusal": "No."}, "content_filter"), DONE]) == Delta("No.", "", None, "filtered")


@pytest.mark.parametrize(
    "strange",
    [
        b'data: {"choices": null}\n\n',
        b'data: {"choices": [{"delta": null}]}\n\n',
        b'data: {"choices": [{}], "usage": null, "error": null, "more": [1]}\n\n',
        b"event: ping\ndata:\n\n",
        b"id: 1\nretry: 5\n\n",
        b'data: {\ndata: "choices": []}\n\n',
    ],
)
def test_what_some_servers_send_besides_is_passed_over(strange: bytes) -> None:
    assert read([strange, event({"content": "a"}, "stop"), DONE]).text == "a"


@pytest.mark.parametrize(
    "garbage",
    [b"data: {nonsense\n\n", b"data: [1]\n\n", b'data: {"choices": 7}\n\n', b"data: " + b"[" * 100_000 + b"\n\n"],
)
def test_garbage_is_told_after_the_text_before_it(garbage: bytes) -> None:
    answer = AnswerReader(REMOTE, 1000)
    first = answer.read(event({"content": "a"}) + garbage)
    assert first == Delta("a")
    assert isinstance(answer.failure, ProviderBroken)


def test_broken_utf8_and_lone_surrogates_are_mended() -> None:
    assert read([b'data: {"choices": [{"delta": {"content": "a\xffb\\ud800c"}}]}\n\n', DONE]).text == "a\ufffdb\ufffdc"


def test_answer_has_a_longest_length() -> None:
    with pytest.raises(ProviderBroken, match="longer than this server takes"):
        read([event({"content": "word " * 30})] * 10, chars=1000)


@pytest.mark.parametrize("error", [{"message": "it broke", "type": "server_error"}, "it broke"])
def test_error_object_is_quoted(error: object) -> None:
    with pytest.raises(ProviderFailed, match="it broke"):
        read([event(error=error)])


@asynccontextmanager
async def served(**options: str) -> AsyncIterator[tuple[OpenAIServer, OpenAIChat]]:
    outbound = Outbound(Upstreams(private_allowed=True))
    field = options.get("field", "max_tokens")
    async with OpenAIServer() as server:
        remote = Remote("Test", server.base_url, None)
        yield server, OpenAIChat(outbound, remote, base_url=server.base_url + "/", key=None, max_tokens_field=field)
        await outbound.close()


@pytest.mark.parametrize("dialect", ["THINK", "THINKALT", "THINKTAG"])
async def test_reasoning_of_every_dialect_comes_apart(dialect: str) -> None:
    async with served() as (_, model):
        deltas = [d async for d in model.stream(ChatRequest(model="m", question=dialect))]
    assert "".join(d.reasoning for d in deltas) == "Let me think. "
    assert "".join(d.text for d in deltas) == "tok0 tok1 tok2 tok3 tok4 "


@pytest.mark.parametrize("field", ["max_tokens", "max_completion_tokens"])
async def test_only_what_is_set_is_sent(field: str) -> None:
    async with served(field=field) as (server, model):
        async for _ in model.stream(ChatRequest(model="m", question="q")):
            pass
        assert set(server.last_body) == {"model", "messages", "stream", "stream_options"}
        assert "authorization" not in server.last_headers
        async for _ in model.stream(ChatRequest(model="m", question="q", max_tokens=7, reasoning="off")):
            pass
        assert server.last_body[field] == 7
        assert server.last_body["reasoning_effort"] == "none"


async def test_connection_is_used_again() -> None:
    async with served() as (server, model):
        for _ in range(3):
            async for _ in model.stream(ChatRequest(model="m", question="q")):
                pass
        assert (server.chats, server.connections) == (3, 1)


async def test_server_that_never_ends_its_body_holds_nobody_up() -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n" + STREAM)
        await reader.read()
        writer.close()

    outbound = Outbound(Upstreams(private_allowed=True))
    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
        model = OpenAIChat(outbound, REMOTE, base_url=url, key=None, max_tokens_field="max_tokens")
        async with asyncio.timeout(5):
            deltas = [d async for d in model.stream(ChatRequest(model="m", question="q"))]
    assert deltas[-1].finish == "length"
    await outbound.close()
