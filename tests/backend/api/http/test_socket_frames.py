"""Floods of frames on a socket, with uvicorn itself and a raw connection."""

import asyncio
from typing import Any

import pytest
from websockets.frames import Opcode

from genai_stack.api.http.socket_frames import CONTROL_FRAMES, MESSAGE_FRAGMENTS, SLICE_BYTES
from tests.backend.api.http.test_connections import served
from tests.support.wire import frame, websocket


class Echo:
    """Says how many messages it got, and how long they were, when it gets `?`."""

    def __init__(self) -> None:
        self.messages: list[str] = []
        self.closed = asyncio.Event()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        assert (await receive())["type"] == "websocket.connect"
        await send({"type": "websocket.accept"})
        while (message := await receive())["type"] == "websocket.receive":
            self.messages.append(message["text"])
            if message["text"] == "?":
                await send({"type": "websocket.send", "text": str(len(self.messages))})
        self.closed.set()


def close_code(sent: bytes) -> int:
    """Of the frame that ends what the server sent: 0x88, its length, its code, its reason."""
    at = sent.rindex(b"\x88")
    return int.from_bytes(sent[at + 2 : at + 4], "big")


@pytest.mark.parametrize(
    "flood",
    [
        pytest.param(frame(Opcode.PING) * (CONTROL_FRAMES + 1), id="pings"),
        pytest.param(frame(Opcode.PONG, b"x") * (CONTROL_FRAMES + 1), id="pongs"),
        pytest.param(
            frame(Opcode.TEXT, b"a", fin=False) + frame(Opcode.CONT, fin=False) * MESSAGE_FRAGMENTS, id="fragments"
        ),
    ],
)
async def test_flood_closes_the_socket(flood: bytes) -> None:
    echo = Echo()
    async with served(application=echo) as url, websocket(url) as opened:
        await opened.send(flood)
        assert close_code(await opened.rest()) == 1008
        await echo.closed.wait()
    assert echo.messages == []


async def test_flood_without_end_closes_the_socket() -> None:
    echo = Echo()
    async with served(application=echo) as url, websocket(url) as opened:
        await opened.send(frame(Opcode.PING) * 200_000)
        await opened.rest()  # perhaps without the close frame: the connection is reset, as more comes than is read
        await echo.closed.wait()


async def test_frames_within_the_limits_are_read_in_order() -> None:
    echo = Echo()
    long = "x" * (3 * SLICE_BYTES)
    async with served(application=echo) as url, websocket(url) as opened:
        await opened.send(frame(Opcode.PING) * (CONTROL_FRAMES - 1))
        fragments = [frame(Opcode.CONT, b"b", fin=False)] * (MESSAGE_FRAGMENTS - 2)
        await opened.send(frame(Opcode.TEXT, b"a", fin=False) + b"".join(fragments) + frame(Opcode.CONT, b"c"))
        await opened.send(
            frame(Opcode.TEXT, long.encode()) + b"".join(frame(Opcode.TEXT, b"%d" % n) for n in range(9000))
        )
        await opened.send(frame(Opcode.TEXT, b"?"))
        await opened.reader.readuntil(b"9003")
    await echo.closed.wait()
    assert echo.messages == ["a" + "b" * (MESSAGE_FRAGMENTS - 2) + "c", long, *map(str, range(9000)), "?"]


async def test_others_have_their_turn_while_many_messages_are_read() -> None:
    echo, most, before = Echo(), 0, 0

    async def watch() -> None:
        nonlocal most, before
        while True:
            most, before = max(most, len(echo.messages) - before), len(echo.messages)
            await asyncio.sleep(0)

    watching = asyncio.create_task(watch())
    async with served(application=echo) as url, websocket(url) as opened:
        await opened.send(frame(Opcode.TEXT, b"") * 100_000 + frame(Opcode.TEXT, b"?"))
        await opened.reader.readuntil(b"100001")
    watching.cancel()
    assert most <= SLICE_BYTES // len(frame(Opcode.TEXT, b"")) + 1
