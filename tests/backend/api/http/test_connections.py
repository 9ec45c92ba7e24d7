"""What strangers may send before they are known, with uvicorn itself and raw connections."""

import asyncio
import json
import resource
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import Any, cast

import pytest
import uvicorn

from genai_stack.api.http.connections import (
    HEAD_BYTES,
    PIPELINED_REQUESTS,
    ConnectionLimits,
    http_protocol,
    most_connections,
)
from tests.support.server import Server
from tests.support.wire import Wire, wire

GET = b"GET / HTTP/1.1\r\nhost: localhost\r\n%s\r\n"
POST = b"POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 10\r\n\r\n"


async def app(scope: Any, receive: Any, send: Any) -> None:
    """Answers with the size of the body."""
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        size, more = size + len(message["body"]), message["more_body"]
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"5")]})
    await send({"type": "http.response.body", "body": b"%5d" % size})


@asynccontextmanager
async def served(limits: ConnectionLimits | None = None, application: Any = app) -> AsyncIterator[str]:
    protocol = cast("type[asyncio.Protocol]", http_protocol(limits or ConnectionLimits(1000)))
    config = uvicorn.Config(application, http=protocol, lifespan="off", log_config=None, timeout_keep_alive=60)
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        config.load()
        server.lifespan = config.lifespan_class(config)
        await server.startup(sockets=[listener])
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.force_exit = True
            await server.shutdown(sockets=[listener])


def refusal(answer: bytes) -> tuple[int, str]:
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"content-type: application/problem+json" in head
    problem = json.loads(body)
    assert int(head.split()[1]) == problem["status"]
    return problem["status"], problem["code"]


async def answered(opened: Wire) -> bytes:
    head = await opened.reader.readuntil(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200"), head
    return await opened.reader.readexactly(5)


async def test_requests_on_one_connection_are_answered() -> None:
    big = GET % (b"x-long: " + b"x" * (HEAD_BYTES - 100) + b"\r\n")
    async with served() as url, wire(url) as opened:
        for request in (GET % b"", big, POST + b"0123456789", GET % b"", big):
            await opened.send(request)
            assert await answered(opened) == (b"   10" if request.startswith(b"POST") else b"    0")


@pytest.mark.parametrize(
    "request_",
    [
        pytest.param(GET % (b"x-long: " + b"x" * HEAD_BYTES + b"\r\n"), id="one header"),
        pytest.param(GET % (b"x: y\r\n" * 4000), id="many headers"),
        pytest.param(b"GET /" + b"x" * HEAD_BYTES + b" HTTP/1.1\r\nhost: localhost\r\n\r\n", id="address"),
        pytest.param(b"GET / HTTP/1.1\r\nx: " + b"x" * 2**20, id="without end"),
        pytest.param(b"\r\n" * 2**20, id="blank lines"),
    ],
)
@pytest.mark.parametrize("piece", [1000, 2**20])
async def test_head_beyond_its_limit_is_refused(request_: bytes, piece: int) -> None:
    async with served() as url, wire(url) as opened:
        for at in range(0, len(request_), piece):
            await opened.send(request_[at : at + piece])
        assert refusal(await opened.rest()) == (431, "HEADERS_TOO_LARGE")


@pytest.mark.parametrize("end", [b"x: y\r\n" * 4000, b"x: " + b"y" * 2**20])
async def test_trailers_beyond_the_limit_close_the_connection(end: bytes) -> None:
    chunked = b"POST / HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n"
    async with served() as url, wire(url) as opened:
        await opened.send(chunked + end)
        assert await opened.rest() == b""


async def test_what_is_no_http_is_refused() -> None:
    async with served() as url, wire(url) as opened:
        await opened.send(b"hello?\r\n\r\n")
        assert refusal(await opened.rest()) == (400, "MALFORMED_REQUEST")


async def test_silent_connection_is_closed() -> None:
    async with served(ConnectionLimits(10, head_seconds=0.1)) as url, wire(url) as opened:
        assert await opened.rest() == b""


@pytest.mark.parametrize("start", [b"GET / HT", b"\r\n", GET % b"" + b"GET / HT"])
async def test_head_that_is_never_complete_is_refused(start: bytes) -> None:
    async with served(ConnectionLimits(10, head_seconds=0.1)) as url, wire(url) as opened:
        await opened.send(start)
        if start.startswith(GET % b""):
            await answered(opened)
        assert refusal(await opened.rest()) == (408, "REQUEST_TIMEOUT")


async def test_body_that_stops_coming_ends_its_request() -> None:
    async with served(ConnectionLimits(10, body_silence_seconds=0.1)) as url, wire(url) as opened:
        await opened.send(POST + b"012")
        assert await opened.rest() == b""


async def test_slow_answer_is_waited_for() -> None:
    go_on = asyncio.Event()

    async def slow(scope: Any, receive: Any, send: Any) -> None:
        await go_on.wait()
        await app(scope, receive, send)

    limits = ConnectionLimits(10, head_seconds=0.05, body_silence_seconds=0.05)
    async with served(limits, slow) as url, wire(url) as opened, wire(url) as other:
        await opened.send(GET % b"" + b"\r\n")
        await other.rest()  # longer ago than a silent connection is kept
        go_on.set()
        assert await answered(opened) == b"    0"


async def test_pipelined_requests_are_bounded() -> None:
    async with served() as url, wire(url) as opened:
        await opened.send((GET % b"") * PIPELINED_REQUESTS)
        for _ in range(PIPELINED_REQUESTS):
            await answered(opened)
        await opened.send((GET % b"") * 5000)
        assert (await opened.rest()).count(b"HTTP/1.1 200") < 5000


@pytest.mark.parametrize(("total", "per_address"), [(3, None), (100, 2)])
async def test_connections_are_bounded_and_their_places_come_back(total: int, per_address: int | None) -> None:
    limits = ConnectionLimits(total, per_address)
    assert limits.per_address == 2
    async with served(limits) as url, AsyncExitStack() as stack:
        first, second = [await stack.enter_async_context(wire(url)) for _ in range(2)]
        await first.send(GET % b"")
        await answered(first)
        async with wire(url) as third:
            assert refusal(await third.rest()) == (503, "TOO_MANY_CONNECTIONS")
        second.writer.close()
        while True:  # until the server knows
            async with wire(url) as fourth:
                await fourth.send(GET % b"")
                with suppress(AssertionError):
                    assert await answered(fourth) == b"    0"
                    break


def test_places_are_counted_by_address_and_in_all() -> None:
    limits = ConnectionLimits(4)
    assert [limits.take(address) for address in "aaaabb"] == [True, True, True, False, True, False]
    limits.free("a")
    assert [limits.take(address) for address in "ba"] == [True, False]


def test_most_connections_leave_descriptors_for_the_rest() -> None:
    assert 0 < most_connections() < resource.getrlimit(resource.RLIMIT_NOFILE)[0]


async def test_server_refuses_a_long_head_before_it_asks_for_the_token(new_server: Callable[..., Server]) -> None:
    server = new_server(token="a long token with many letters 123").start()
    async with wire(server.url) as opened:
        await opened.send(b"GET /api/v1/workflows HTTP/1.1\r\nx: ")
        await opened.send(b"x" * 40_000_000)
        assert refusal(await opened.rest()) == (431, "HEADERS_TOO_LARGE")


async def test_server_bounds_its_connections(new_server: Callable[..., Server]) -> None:
    server = new_server(max_connections=20, max_connections_per_address=10).start()
    async with AsyncExitStack() as stack:
        silent = [await stack.enter_async_context(wire(server.url)) for _ in range(30)]
        for refused in silent[10:]:
            assert refusal(await refused.rest()) == (503, "TOO_MANY_CONNECTIONS")
