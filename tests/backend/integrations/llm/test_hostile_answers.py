"""Answers whose size a stranger chooses: twice the size takes less than 2.5 times the CPU, in every shape."""

import asyncio
import gc
import json
import time
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest

from genai_stack.errors import ProviderFailed
from genai_stack.infra.egress.addresses import Upstreams
from genai_stack.infra.egress.answer_body import PIECE_BYTES
from genai_stack.infra.egress.api_key import ApiKey, origin_of
from genai_stack.infra.egress.client import Outbound
from genai_stack.infra.egress.remote import Remote
from genai_stack.infra.egress.sse import EVENT_BYTES
from genai_stack.integrations.chat_models import ChatModels
from genai_stack.integrations.embedders import Embedders
from genai_stack.integrations.embedding.local import LocalEmbedder
from genai_stack.integrations.llm.chat_model import ChatRequest
from genai_stack.integrations.llm.openai_wire import AnswerReader
from tests.fakes.raw_server import RawServer

REMOTE = Remote("Test", "http://example.com", None)
MOST_GROWTH = 2.5
ATTEMPTS = 4


def event(delta: object) -> bytes:
    return b"data: " + json.dumps({"choices": [{"index": 0, "delta": delta}]}).encode() + b"\n\n"


def tool(arguments: str) -> bytes:
    return event({"tool_calls": [{"index": 0, "function": {"name": "f", "arguments": arguments}}]})


STREAMS: dict[str, tuple[int, Callable[[int], bytes]]] = {
    "one endless event": (400_000, lambda n: b"data: " + b"x" * n),
    "an event of escapes": (400_000, lambda n: event('\\"' * (n // 4))),
    "an open string": (400_000, lambda n: b'data: "' + b'\\"' * (n // 2) + b"\n\n"),
    "blank lines": (90_000, lambda n: b"\n" * n),
    "carriage returns": (90_000, lambda n: b"\r" * n),
    "comments": (400_000, lambda n: b":\n" * n),
    "comments between events": (30_000, lambda n: b": alive\n\n" * n),
    "tiny events": (4_000, lambda n: b"data: {}\n\n" * n),
    "tiny deltas": (8_000, lambda n: event({"content": "x"}) * n),
    "tiny reasoning": (8_000, lambda n: event({"content": "<think>"}) + event({"content": "x<"}) * n),
    "white space first": (8_000, lambda n: event({"content": " "}) * n),
    "white space after a line": (8_000, lambda n: event({"content": "x\n"}) + event({"content": " "}) * n),
    "line ends": (8_000, lambda n: event({"content": "\n"}) * n),
    "tool calls": (2_000, lambda n: tool('{"a": "' + "x" * 100) * n),
    "one big tool call": (200_000, lambda n: tool("x" * n)),
    "nested lists": (6_000, lambda n: b"data: [" + b"[],{}," * (n // 2) + b"1]\n\n"),
    "a list of lists for a stream": (9_000, lambda n: b"[" + b"[],{}," * (n // 2) + b"1]"),
    "an object for a stream": (400_000, lambda n: b'{"choices": [{"message": {"content": "' + b"x" * n + b'"}}]}'),
    "lists in lists": (400_000, lambda n: b"data: " + b"[" * n + b"\n\n"),
}


def pieces(stream: bytes, size: int) -> Iterator[bytes]:
    return (stream[at : at + size] for at in range(0, len(stream), size))


def grows(seconds: Callable[[int], float], size: int) -> float:
    """How many times as long twice the size takes; the least of a few attempts, each the least of two."""
    least = float("inf")
    for _ in range(ATTEMPTS):
        one, two = (min(seconds(n) for _ in range(2)) for n in (size, 2 * size))
        least = min(least, two / one)
        if least < MOST_GROWTH:
            break
    return least


@pytest.mark.parametrize("piece", [200, PIECE_BYTES])
@pytest.mark.parametrize("shape", STREAMS)
def test_stream_costs_what_its_size_says(shape: str, piece: int) -> None:
    size, make = STREAMS[shape]

    def seconds(n: int) -> float:
        stream = make(n)
        answer = AnswerReader(REMOTE, len(stream))
        gc.collect()
        began = time.process_time()
        with suppress(ProviderFailed):
            for part in pieces(stream, piece):
                answer.read(part)
            answer.end()
        return time.process_time() - began

    assert grows(seconds, size) < MOST_GROWTH


@pytest.mark.parametrize("shape", STREAMS)
def test_no_piece_of_a_stream_holds_up_the_loop(shape: str) -> None:
    """At a size that is near the limits."""
    size, make = STREAMS[shape]
    stream = make(min(2 * size, EVENT_BYTES))
    answer = AnswerReader(REMOTE, len(stream))
    longest = 0.0
    with suppress(ProviderFailed):
        for part in [*pieces(stream, PIECE_BYTES), None]:
            began = time.process_time()
            try:
                answer.end() if part is None else answer.read(part)
            finally:
                longest = max(longest, time.process_time() - began)
    assert longest < 0.25


BODIES: dict[str, tuple[int, Callable[[int], bytes]]] = {
    "models": (2_000, lambda n: b'{"data": [%s]}' % b",".join([b'{"id": "m", "other": [1, 2, {"a": []}]}'] * n)),
    "nested lists": (200_000, lambda n: b'{"other": [%s], "data": []}' % b",".join([b"[],{}"] * (n // 2))),
    "lists in lists": (1_000_000, lambda n: b"[" * n),
    "a long text": (4_000_000, lambda n: b'{"data": [{"id": "%s"}]}' % (b"x" * n)),
    "vectors": (200_000, lambda n: b'{"data": [{"embedding": [%s]}]}' % b",".join([b"0.12345678"] * n)),
}


@pytest.mark.parametrize("what", ["models", "embeddings"])
@pytest.mark.parametrize("shape", BODIES)
def test_body_costs_what_its_size_says(what: str, shape: str) -> None:
    size, make = BODIES[shape]

    async def ask(body: bytes) -> float:
        async with RawServer(body, kind="application/json") as server:
            outbound = Outbound(Upstreams(private_allowed=True))
            began = time.process_time()
            with suppress(ProviderFailed):
                if what == "models":
                    await ChatModels(outbound).models_of("openai_compatible", None, server.url)
                else:
                    embedders = Embedders(outbound, LocalEmbedder())
                    await embedders.open("openai_compatible", "m", None, server.url).embed(["x"], purpose="query")
            took = time.process_time() - began
            await outbound.close()
            return took

    assert grows(lambda n: asyncio.run(ask(make(n))), size) < MOST_GROWTH


SDK_EVENTS: dict[str, tuple[str, bytes]] = {
    "anthropic deltas": (
        "anthropic",
        b'event: content_block_delta\ndata: {"type": "content_block_delta", "index": 0, '
        b'"delta": {"type": "text_delta", "text": "x"}}\n\n',
    ),
    "anthropic comments": ("anthropic", b": alive\n" * 50),
    "anthropic lines": ("anthropic", b"event: ping\n" * 50 + b'data: {"type": "ping"}\n\n'),
    "gemini deltas": ("gemini", b'data: {"candidates": [{"content": {"parts": [{"text": "x"}]}}]}\n\n'),
    "gemini comments": ("gemini", b": alive\n" * 50),
}


@pytest.mark.parametrize("shape", SDK_EVENTS)
def test_stream_of_an_sdk_costs_what_its_size_says(shape: str) -> None:
    provider, one = SDK_EVENTS[shape]

    async def ask(stream: bytes) -> float:
        async with RawServer(stream) as server:
            models = ChatModels(Outbound(Upstreams(private_allowed=True)), addresses={provider: server.url})
            model = models.model(provider, key=ApiKey("k", origin_of(server.url)))
            began = time.process_time()
            with suppress(ProviderFailed):
                async for _ in model.stream(ChatRequest(model="m", question="q")):
                    pass
            took = time.process_time() - began
            await models.close()
            return took

    asyncio.run(ask(one))  # the SDK is imported
    assert grows(lambda n: asyncio.run(ask(one * n)), 800) < MOST_GROWTH
