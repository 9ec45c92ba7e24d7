"""Routers that declare who may use them, and bodies that are checked before anything reads them."""

import json
from collections.abc import Callable, Coroutine
from enum import Enum
from typing import Any, cast

from fastapi import APIRouter, Depends, Request, Response
from fastapi.routing import APIRoute
from starlette.requests import HTTPConnection

from genai_stack.api.given import given
from genai_stack.errors import Invalid, TooLarge
from genai_stack.storage.scope import THE_WORKSPACE, Scope

DEPTH = 64 + 4  # nested objects and lists of a graph, and what a request wraps around it
BODY = 4_000_000  # bytes of a JSON body, of which a graph may have less


def member(connection: HTTPConnection) -> Scope:
    """The workspace of who asks; it comes from the credential and never from the path."""
    given(connection).doors.check_token(_bearer(connection))
    return THE_WORKSPACE


def anyone() -> None:
    """Nothing is asked of who asks."""


def checked_by_socket() -> None:
    """A socket refuses in words of its own: each of its endpoints begins with `sockets.admitted`."""


class Policy(Enum):
    """Who may use a router's routes."""

    PUBLIC = Depends(anyone)
    WORKSPACE = Depends(member)
    SOCKET = Depends(checked_by_socket)


def _bearer(connection: HTTPConnection) -> str | None:
    if connection.scope["type"] == "websocket":
        offered = cast("list[str]", connection.scope.get("subprotocols", []))
        return next((name.removeprefix("bearer.") for name in offered if name.startswith("bearer.")), None)
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" and token else None


class _Checked(Request):
    """A request whose JSON body has been read with care already."""

    read: Any

    async def json(self) -> Any:
        return self.read


class CheckedRoute(APIRoute):
    """Refuses JSON that one of the databases would not take, or that is too deep or too large, before it is used."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def checked(request: Request) -> Response:
            if "json" in request.headers.get("content-type", ""):
                careful = _Checked(request.scope, request.receive)
                careful.read = read_json(await _body(careful))
                return await handle(careful)
            return await handle(request)

        return checked


async def _body(request: Request) -> bytes:
    pieces: list[bytes] = []
    size = 0
    async for piece in request.stream():
        size += len(piece)
        if size > BODY:
            raise TooLarge(f"The request's body is larger than {BODY:,} bytes.")
        pieces.append(piece)
    request._body = body = b"".join(pieces)  # pyright: ignore (as Request.body itself does)
    return body


def read_json(body: bytes | str) -> Any:
    """The value; a sentence where it is not JSON, too deep, or holds what no database keeps."""
    try:
        value = json.loads(body, parse_constant=_no_constant)
    except RecursionError as error:
        raise Invalid(_TOO_DEEP, code="INVALID_JSON") from error
    except ValueError as error:
        raise Invalid(f"The body is not valid JSON: {error}.", code="INVALID_JSON") from error
    _check(value)
    return value


_TOO_DEEP = f"The JSON is nested more than {DEPTH} levels deep."


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON number")


def _check(value: Any) -> None:
    waiting: list[tuple[Any, int]] = [(value, 1)]
    while waiting:
        thing, depth = waiting.pop()
        if isinstance(thing, str):
            check_text(thing)
        elif isinstance(thing, float):
            if thing in (float("inf"), float("-inf")):
                raise Invalid("A number is too large to be kept.", code="INVALID_JSON")
        elif isinstance(thing, int):
            if thing.bit_length() > 63 and not isinstance(thing, bool):
                raise Invalid("A whole number is too large to be kept: 64 bits at most.", code="INVALID_JSON")
        elif isinstance(thing, dict | list):
            if depth > DEPTH:
                raise Invalid(_TOO_DEEP, code="INVALID_JSON")
            if isinstance(thing, dict):
                fields = cast("dict[str, Any]", thing)
                for name in fields:
                    check_text(name)
                waiting += [(part, depth + 1) for part in fields.values()]
            else:
                waiting += [(part, depth + 1) for part in cast("list[Any]", thing)]


def check_text(text: str) -> None:
    """Refuse what PostgreSQL cannot keep, on every database alike."""
    if "\x00" in text:
        raise Invalid("A text holds the character NUL (U+0000), which cannot be stored. Remove it.")
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise Invalid("A text holds half a character (a lone surrogate), which cannot be stored.") from error


class Router(APIRouter):
    """Cannot be made without saying who may use it."""

    def __init__(self, policy: Policy, *, tag: str, prefix: str = "") -> None:
        super().__init__(prefix=prefix, tags=[tag], dependencies=[policy.value], route_class=CheckedRoute)
        self.policy = policy
