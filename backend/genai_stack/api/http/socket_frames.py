"""uvicorn's WebSocket protocol with limits on frames that say nothing, and a turn for others between what it reads."""

import asyncio
from collections.abc import Callable
from typing import Any, Final

from uvicorn._types import ASGIReceiveEvent
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame

SLICE_BYTES: Final = 4 * 1024  # whose frames are read before others have their turn
CONTROL_FRAMES: Final = 100  # pings and pongs in a window
CONTROL_WINDOW_SECONDS: Final = 10.0
MESSAGE_FRAGMENTS: Final = 256
_POLICY_VIOLATION: Final = 1008


class LimitedWebSocket(WebSocketsSansIOProtocol):
    """`free` is called when the connection ends."""

    def __init__(self, *args: Any, free: Callable[[], None], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._free = free
        self._unread = bytearray()  # reading from the network pauses while there is something here
        self._next_slice: asyncio.Handle | None = None
        self._window_began = 0.0
        self._control_frames = 0

    def connection_lost(self, exc: Exception | None) -> None:
        self._unread.clear()
        super().connection_lost(exc)
        self._free()

    def data_received(self, data: bytes) -> None:
        if not self._unread and len(data) <= SLICE_BYTES:
            super().data_received(data)
            return
        self._unread += data
        self._read_on()

    async def receive(self) -> ASGIReceiveEvent:
        message = await super().receive()
        self._read_on()
        return message

    def handle_ping(self) -> None:
        if self._may_go_on():
            super().handle_ping()

    def handle_pong(self, event: Frame) -> None:
        if self._may_go_on():
            super().handle_pong(event)

    def handle_cont(self, event: Frame) -> None:
        if len(self.frames) >= MESSAGE_FRAGMENTS:
            self._fail("too many fragments in a message")
        elif not self.close_sent:
            super().handle_cont(event)

    def _may_go_on(self) -> bool:
        now = self.loop.time()
        if now - self._window_began > CONTROL_WINDOW_SECONDS:
            self._window_began, self._control_frames = now, 0
        self._control_frames += 1
        if self._control_frames > CONTROL_FRAMES:
            self._fail("too many control frames")
        return not self.close_sent

    def _fail(self, reason: str) -> None:
        if not self.close_sent:
            self.conn.fail(_POLICY_VIOLATION, reason)
            self.transport.write(b"".join(self.conn.data_to_send()))
            self.close_sent = True
            self.transport.close()

    def _read_on(self) -> None:
        """Reads the next slice when others have had their turn, unless the application has messages to read first."""
        if not self._unread or self.transport.is_closing():
            return
        self.transport.pause_reading()
        if not self.read_paused and self._next_slice is None:
            self._next_slice = self.loop.call_soon(self._read_slice)

    def _read_slice(self) -> None:
        self._next_slice = None
        if self.transport.is_closing():
            return
        part = bytes(self._unread[:SLICE_BYTES])
        del self._unread[:SLICE_BYTES]
        super().data_received(part)
        if self._unread:
            self._read_on()
        elif not self.read_paused and not self.transport.is_closing():
            self.transport.resume_reading()
