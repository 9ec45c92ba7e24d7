"""Readers that never read: they cost memory that is bounded, and nobody else anything."""

import asyncio
import os
import socket
from collections.abc import Callable

import psutil
import pytest

from tests.fakes.openai_server import OpenAIServer
from tests.support import graphs, talk
from tests.support.server import Server
from tests.support.talk import V1

pytestmark = pytest.mark.fault

READERS = int(os.environ.get("FAULT_READERS", "40"))
BOUND = 120 * 2**20  # bytes that all of them may cost
HANDSHAKE = (
    "GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
PLAIN = "GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


def idle_reader(server: Server, request: str, path: str) -> socket.socket:
    """Asks, and never reads."""
    reader = socket.socket()
    reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    reader.connect(("127.0.0.1", int(server.url.rpartition(":")[2])))
    reader.sendall(request.format(path=path).encode())
    return reader


@pytest.mark.parametrize("way", [HANDSHAKE, PLAIN], ids=["socket", "SSE"])
async def test_readers_that_never_read_cost_nobody_anything(new_server: Callable[..., Server], way: str) -> None:
    server = new_server().start()
    words = "word " * 40_000
    async with OpenAIServer(answer=words, gap_ms=0.05) as model, server.client() as client:
        workflow = await talk.saved(client, graphs.asked(model.base_url))
        session = await talk.session_of(client, workflow)
        process = psutil.Process(server.pid)
        await talk.asked(client, workflow, "warm", session_id=session)
        before = process.memory_info().rss
        run = await talk.begun(client, workflow, "Go", session_id=session)
        readers = [idle_reader(server, way, f"{V1}/runs/{run}/events") for _ in range(READERS)]
        try:
            async with server.socket(f"/runs/{run}/events") as quick:
                events = await talk.heard(quick, within=60)
            assert talk.in_order(events)
            assert (await talk.run_of(client, run))["answer"] == words
            assert process.memory_info().rss - before < BOUND
            for _ in range(5):
                async with asyncio.timeout(5):
                    assert (await client.get("/healthz")).status_code == 200
        finally:
            for reader in readers:
                reader.close()
        assert await talk.events_of(client, run) == events
        assert "Traceback" not in server.log()


async def test_a_reader_that_is_too_slow_is_closed_and_goes_on_where_it_was(new_server: Callable[..., Server]) -> None:
    server = new_server(slow_reader_seconds=1).start()
    answer = ("w" * 49 + " ") * 20_000  # far more than a reader takes who does not read
    async with OpenAIServer(answer=answer, gap_ms=0.2) as model, server.client() as client:
        run = await talk.begun(client, await talk.saved(client, graphs.asked(model.base_url)))
        slow = idle_reader(server, HANDSHAKE, f"{V1}/runs/{run}/events")
        try:
            assert (await talk.ended(client, run, within=60))["status"] == "succeeded"
            await talk.until(lambda: "ESTABLISHED" not in _states(server, slow), within=30)
        finally:
            slow.close()
        events = await talk.events_of(client, run)
        async with server.socket(f"/runs/{run}/events?after=5") as again:
            assert await talk.heard(again, within=30) == events[5:]


def _states(server: Server, reader: socket.socket) -> set[str]:
    """Of the server's end of a connection: it waits for what the reader does not take, once it was closed."""
    port = reader.getsockname()[1]
    found = psutil.Process(server.pid).net_connections("tcp")
    return {one.status for one in found if one.raddr and one.raddr.port == port}
