"""What every request and socket passes first: its id, its Host and Origin, and the last resort for errors."""

import re
from uuid import uuid4

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect

from genai_stack.api.http import problems
from genai_stack.api.http.access_rules import AccessRules
from genai_stack.errors import Overloaded, StackError
from genai_stack.infra.telemetry import logs

GUARDED = "/api/"
"""Paths below this need a listed host and origin; health, metrics and static files do not."""

_GIVEN_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


class RequestGuard:
    """ASGI middleware, outermost. It keeps at most `most_sockets` open at once."""

    def __init__(self, app: ASGIApp, access_rules: AccessRules, most_sockets: int) -> None:
        self._app, self._access_rules, self._most_sockets = app, access_rules, most_sockets
        self._sockets = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        deps = headers.get("x-request-id", "")
        request_id = deps if _GIVEN_ID.fullmatch(deps) else uuid4().hex
        scope.setdefault("state", {})["request_id"] = request_id
        with logs.about(request_id=request_id):
            await self._admit(scope, receive, send, headers, request_id)

    async def _admit(self, scope: Scope, receive: Receive, send: Send, headers: Headers, request_id: str) -> None:
        try:
            if scope["path"].startswith(GUARDED):
                hosts = headers.getlist("host")
                self._access_rules.check_host(hosts[0] if len(hosts) == 1 else None)
                self._access_rules.check_origin(headers.get("origin"))
                if "origin" not in headers:
                    self._access_rules.check_site(headers.get("sec-fetch-site"))
            if scope["type"] == "websocket":
                self._check_room()
        except StackError as error:
            await _refuse(scope, receive, send, problems.from_error(error, request_id), request_id)
        else:
            self._sockets += scope["type"] == "websocket"
            try:
                await self._pass(scope, receive, send, request_id)
            finally:
                self._sockets -= scope["type"] == "websocket"

    def _check_room(self) -> None:
        if self._sockets >= self._most_sockets:
            raise Overloaded(
                f"The server has reached its limit of {self._most_sockets:,} open sockets. Try again in a moment.",
                retry_after=5,
            )

    async def _pass(self, scope: Scope, receive: Receive, send: Send, request_id: str) -> None:
        begun = whole = False

        async def sending(message: Message) -> None:
            nonlocal begun, whole
            begun = True
            if message["type"] == "http.response.start":
                given = list(message.get("headers", ()))
                names = {name.lower() for name, _ in given}
                added = (header for header in _own_headers(scope, request_id) if header[0] not in names)
                message["headers"] = [*given, *added]
            elif message["type"] == "http.response.body":
                whole = not message.get("more_body", False)
            await send(message)

        try:
            await self._app(scope, receive, sending)
        except (ClientDisconnect, WebSocketDisconnect):
            return  # who asked has gone: nobody is left to be told
        except Exception as error:
            if whole:
                return  # the application has told it, and logged it
            response = problems.unexpected(error, request_id)
            if not begun:
                await _refuse(scope, receive, send, response, request_id)
            elif scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": 1011, "reason": "The server failed; connect again."})
            else:
                raise


def _own_headers(scope: Scope, request_id: str) -> list[tuple[bytes, bytes]]:
    """Of every response. What the API says is kept by nobody, unless the route says how."""
    own = [(b"x-request-id", request_id.encode()), (b"x-content-type-options", b"nosniff")]
    return [*own, (b"cache-control", b"no-store")] if scope["path"].startswith(GUARDED) else own


async def _refuse(scope: Scope, receive: Receive, send: Send, response: Response, request_id: str) -> None:
    """A response before anything was sent; to a socket it is the denial of its handshake."""
    response.headers.update({name.decode(): value.decode() for name, value in _own_headers(scope, request_id)})
    if scope["type"] == "websocket":
        await WebSocket(scope, receive, send).send_denial_response(response)
    else:
        await response(scope, receive, send)
