"""What the sockets share: who gets in, sending at the reader's pace, and a run's events."""

import asyncio
from collections.abc import Generator
from contextlib import contextmanager
from typing import Annotated

from fastapi import Query
from starlette.websockets import WebSocket, WebSocketDisconnect

from genai_stack.api.http.dependencies import Dependencies, dependencies_of
from genai_stack.api.http.models import LARGEST, Id
from genai_stack.api.http.problems import from_error
from genai_stack.api.http.routing import Policy, Router, current_scope
from genai_stack.errors import StackError
from genai_stack.features.runs import store as records
from genai_stack.infra.database.scope import Scope
from genai_stack.infra.telemetry import metrics

router = Router(Policy.SOCKET, tag="sockets")

PROTOCOL = "genai-stack"
ABNORMAL_CLOSURE = 1006
SLOW_READER = 1013
SLOW = "the reader is too slow"


async def authenticate(socket: WebSocket) -> Scope | None:
    """The workspace of who connects; None when the handshake was refused."""
    try:
        return await current_scope(socket)
    except StackError as error:
        await refuse(socket, error)
        return None


async def refuse(socket: WebSocket, error: StackError) -> None:
    with _disconnects():
        await socket.send_denial_response(from_error(error, str(socket.scope.get("state", {}).get("request_id", ""))))


async def accept(socket: WebSocket) -> None:
    offered = socket.scope.get("subprotocols", [])
    with _disconnects():
        await socket.accept(PROTOCOL if PROTOCOL in offered else None)


@contextmanager
def _disconnects() -> Generator[None]:
    """A client that is gone before its handshake is answered has disconnected, as Starlette says it of later frames."""
    try:
        yield
    except OSError:
        raise WebSocketDisconnect(ABNORMAL_CLOSURE) from None


async def send_run(socket: WebSocket, deps: Dependencies, scope: Scope, run_id: str, after: int) -> None:
    """Every event of a run later than `after`, to its last one."""
    event_stream = deps.runs.event_stream.follow(scope, run_id, after)
    task = asyncio.current_task()
    assert task is not None
    loop = asyncio.get_running_loop()
    try:
        async for frames in event_stream:
            # A timer of asyncio's own costs as much as sending does.
            late = loop.call_later(deps.limits.slow_reader_seconds, task.cancel, SLOW)
            try:
                for frame in frames:
                    await socket.send({"type": "websocket.send", "text": frame.body})
            finally:
                late.cancel()
    except asyncio.CancelledError as cancelled:
        if cancelled.args != (SLOW,):
            raise
        task.uncancel()
        raise TimeoutError(SLOW) from None
    finally:
        await event_stream.aclose()


@router.websocket("/runs/{run_id}/events")
async def run_events(socket: WebSocket, run_id: Id, after: Annotated[int, Query(ge=0, le=LARGEST)] = 0) -> None:
    """Follows one run from after a `seq`, and closes when the run has ended."""
    deps = await dependencies_of(socket)
    scope = await authenticate(socket)
    if scope is None:
        return
    try:
        async with deps.database.read() as session:
            await records.get(session, scope, run_id)
    except StackError as error:
        await refuse(socket, error)
        return
    await accept(socket)
    with metrics.socket_open("run"):
        await _last(socket, deps, scope, run_id, after)


async def _last(socket: WebSocket, deps: Dependencies, scope: Scope, run_id: str, after: int) -> None:
    """Returns when the run has ended or the socket is closed."""
    sending = asyncio.ensure_future(send_run(socket, deps, scope, run_id, after))
    listening = asyncio.ensure_future(_until_closed(socket))
    await asyncio.wait((sending, listening), return_when=asyncio.FIRST_COMPLETED)
    for task in (sending, listening):
        task.cancel()
    ended, _ = await asyncio.gather(sending, listening, return_exceptions=True)
    if isinstance(ended, TimeoutError):
        metrics.slow_reader_closed("run")
        await socket.close(SLOW_READER, "The connection was too slow. Connect again and continue after the last seq.")
    elif ended is None:
        await socket.close()


async def _until_closed(socket: WebSocket) -> None:
    while (await socket.receive())["type"] != "websocket.disconnect":
        pass
