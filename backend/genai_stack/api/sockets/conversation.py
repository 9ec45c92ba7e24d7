"""The socket on which a person and a stack talk."""

import asyncio
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from starlette.websockets import WebSocket

from genai_stack.api.http.dependencies import Dependencies, dependencies_of
from genai_stack.api.http.models import LARGEST, Id
from genai_stack.api.http.routing import read_json
from genai_stack.api.sockets import sockets
from genai_stack.engine.events import ENDED
from genai_stack.errors import Invalid, NotFound, StackError, TooLarge
from genai_stack.features.conversations import store as sessions
from genai_stack.features.conversations.tables import ChatSession
from genai_stack.features.runs import messages as starter
from genai_stack.features.runs import store as records
from genai_stack.features.runs.tables import Run
from genai_stack.infra.database.columns import now
from genai_stack.infra.database.scope import Scope
from genai_stack.infra.telemetry import metrics

POLL_SECONDS = 30.0  # after which a socket looks for new runs itself, should a signal be lost


class Send(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="type", tag="message"):
    """Ask something. `id` is the client's own: the same message sent again is asked once.

    `parent_id` is the question that this one follows, null to begin anew; left out, the last one. A question with the
    same parent as another is another branch.
    """

    id: str
    content: Annotated[str, msgspec.Meta(min_length=1, max_length=60_000)]
    parent_id: str | msgspec.UnsetType | None = msgspec.UNSET


class Cancel(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="type", tag="cancel"):
    run_id: str


class Follow(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="type", tag="follow"):
    run_id: str
    after: Annotated[int, msgspec.Meta(ge=0, le=LARGEST)] = 0


Frame = Send | Cancel | Follow


class ErrorFrame(msgspec.Struct, frozen=True):
    """A frame that could not be taken. The socket stays open. `id` is the message's or the run's, where it had one."""

    code: str
    message: str
    id: str | None = None
    problems: list[dict[str, object]] | None = None
    type: Literal["error"] = "error"


@sockets.router.websocket("/sessions/{session_id}/chat")
async def talk(socket: WebSocket, session_id: Id) -> None:
    """One conversation, on as many sockets as its person has open."""
    deps = await dependencies_of(socket)
    scope = await sockets.authenticate(socket)
    if scope is None:
        return
    try:
        async with deps.database.read() as session:
            chat = await sessions.get(session, scope, session_id)
    except StackError as error:
        await sockets.refuse(socket, error)
        return
    await sockets.accept(socket)
    with metrics.socket_open("chat"):
        await _Conversation(socket, deps, scope, chat).last()


class _Conversation:
    """One socket of a session: what comes in, and the runs that it follows."""

    def __init__(self, socket: WebSocket, deps: Dependencies, scope: Scope, chat: ChatSession) -> None:
        self._socket, self._deps, self._scope, self._chat = socket, deps, scope, chat
        self._since = now()
        self._followed: dict[str, asyncio.Task[None]] = {}
        self._too_slow = asyncio.Event()

    async def last(self) -> None:
        """Returns when the socket is closed."""
        tasks = [asyncio.ensure_future(work) for work in (self._listen(), self._join_runs(), self._too_slow.wait())]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            tasks += self._followed.values()
            for task in tasks:
                task.cancel()
            ended = await asyncio.gather(*tasks, return_exceptions=True)
        if self._too_slow.is_set():
            metrics.slow_reader_closed("chat")
            await self._socket.close(
                sockets.SLOW_READER, "The connection was too slow. Connect again and follow the run."
            )
        for error in ended:
            if isinstance(error, Exception) and not isinstance(error, TimeoutError):
                raise error

    async def _listen(self) -> None:
        while True:
            message = await self._socket.receive()
            if message["type"] == "websocket.disconnect":
                return
            text = message.get("text")
            try:
                await self._take(_frame(text, self._deps.limits.frame_bytes))
            except StackError as error:
                await self._send_error(error, text)

    async def _take(self, frame: Frame) -> None:
        if isinstance(frame, Send):
            run_id = await self._deps.runs.starter.say(
                self._scope, self._chat.id, _uuid(frame.id), frame.content, _parent(frame.parent_id)
            )
            self._follow(run_id, 0)
        elif isinstance(frame, Cancel):
            await self._known(frame.run_id)
            await self._deps.runs.control.cancel(self._scope, frame.run_id)
        else:
            run = await self._known(frame.run_id)
            self._follow(run.id, frame.after)
            if run.status not in ENDED and run.created_at < self._since:
                self._since = run.created_at  # what waits behind it is followed as well
                await self._join_later_runs()

    async def _known(self, run_id: str) -> Run:
        async with self._deps.database.read() as session:
            run = await records.get(session, self._scope, _uuid(run_id))
        if run.session_id != self._chat.id:
            raise NotFound("This conversation has no run with this id.")
        return run

    async def _join_runs(self) -> None:
        """Follow what is asked in this session on other sockets, or over REST."""
        with self._deps.pubsub.subscribe(starter.topic(self._chat.id)) as subscription:
            while True:
                await subscription.wait(POLL_SECONDS)
                await self._join_later_runs()

    async def _join_later_runs(self) -> None:
        found = await self._deps.database.run_read(
            lambda tx: records.of_session_since(tx, self._scope, self._chat.id, self._since)
        )
        for run_id in found:
            self._follow(run_id, 0)

    def _follow(self, run_id: str, after: int) -> None:
        """Once for each run: on one socket an event is sent at most once."""
        if run_id not in self._followed:
            self._followed[run_id] = asyncio.ensure_future(self._send(run_id, after))

    async def _send(self, run_id: str, after: int) -> None:
        try:
            await sockets.send_run(self._socket, self._deps, self._scope, run_id, after)
        except TimeoutError:
            self._too_slow.set()

    async def _send_error(self, error: StackError, text: object) -> None:
        problems = [dict(problem) for problem in error.problems] if isinstance(error, Invalid) else None
        told = ErrorFrame(error.code, error.message, _id_in(text), problems or None)
        await self._socket.send({"type": "websocket.send", "text": msgspec.json.encode(told).decode()})


_frames = msgspec.json.Decoder(Frame)


def _frame(text: object, most: int) -> Frame:
    if not isinstance(text, str):
        raise Invalid("Send frames as JSON text; this one was binary.", code="INVALID_FRAME")
    if len(text.encode(errors="surrogatepass")) > most:
        raise TooLarge(f"A frame can have {most:,} bytes at most.", code="FRAME_TOO_LARGE")
    read_json(text)
    try:
        return _frames.decode(text)
    except msgspec.ValidationError as error:
        raise Invalid(
            f"The frame is not valid: {error}. Send “message”, “cancel” or “follow”.",
            code="INVALID_FRAME",
        ) from error


def _uuid(text: str) -> str:
    try:
        return str(UUID(text))
    except ValueError as error:
        raise Invalid("An id must be a UUID.", code="INVALID_FRAME") from error


def _parent(told: str | msgspec.UnsetType | None) -> str | Literal["last"] | None:
    if told is msgspec.UNSET:
        return "last"
    return None if told is None else _uuid(str(told))


def _id_in(text: object) -> str | None:
    """The id that a refused frame carried, so that its sender knows which it was."""
    if not isinstance(text, str) or len(text) > 100_000:
        return None
    try:
        found = msgspec.json.decode(text, type=dict[str, object]).get("id")
    except (msgspec.MsgspecError, RecursionError):
        return None
    return found if isinstance(found, str) else None
