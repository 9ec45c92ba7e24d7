"""Handshakes of clients that are gone before they are answered."""

import pytest
from starlette.types import Message
from starlette.websockets import WebSocket, WebSocketDisconnect

from genai_stack.api.sockets import sockets
from genai_stack.errors import NotFound


def socket_of_a_client_that_is_gone() -> WebSocket:
    async def receive() -> Message:
        return {"type": "websocket.connect"}

    async def send(message: Message) -> None:
        raise OSError(f"{message['type']}: the connection is closed")

    return WebSocket({"type": "websocket", "headers": [], "extensions": {"websocket.http.response": {}}}, receive, send)


async def test_a_client_that_leaves_before_it_is_accepted_has_disconnected() -> None:
    with pytest.raises(WebSocketDisconnect):
        await sockets.accept(socket_of_a_client_that_is_gone())


async def test_a_client_that_leaves_before_it_is_refused_has_disconnected() -> None:
    with pytest.raises(WebSocketDisconnect):
        await sockets.refuse(socket_of_a_client_that_is_gone(), NotFound("There is no run with this id."))
