"""Routers that declare who may use them, and bodies that are checked before anything reads them."""

import json
from collections.abc import Callable, Coroutine
from enum import Enum
from typing import Annotated, Any, cast

from fastapi import APIRouter, Depends, Request, Response
from fastapi.routing import APIRoute
from starlette.convertors import StringConvertor, register_url_convertor
from starlette.requests import ClientDisconnect, HTTPConnection

from genai_stack.api.http.dependencies import dependencies_of
from genai_stack.errors import Invalid, TooLarge, UnsupportedType
from genai_stack.infra.database.scope import THE_WORKSPACE, Scope
from genai_stack.infra.telemetry import logs

WRAPPED = 4  # nested objects and lists that a request wraps around a graph
DEPTH = 64 + WRAPPED
MOST_VALUES = 250_000
"""Of one JSON body, counted by its commas and brackets before it is parsed: parsing holds up everybody."""
_NO_SIGNS = str.maketrans("", "", ",[{")
ESCAPED = 4  # bytes of a JSON body for one of a graph: characters may come as \uXXXX


async def current_scope(connection: HTTPConnection) -> Scope:
    """The workspace of who asks; it comes from the credential and never from the path."""
    address = connection.client.host if connection.client else ""
    (await dependencies_of(connection)).access_rules.check_token(_bearer(connection), address)
    logs.also_about(workspace_id=THE_WORKSPACE.workspace_id)
    return THE_WORKSPACE


CurrentScope = Annotated[Scope, Depends(current_scope)]
"""The scope of who asks, as an argument of a route."""


async def anyone() -> None:
    """Nothing is asked of who asks."""


async def checked_by_socket() -> None:
    """A socket refuses in words of its own: each of its endpoints begins with `sockets.authenticate`."""


class Policy(Enum):
    """Who may use a router's routes."""

    PUBLIC = Depends(anyone)
    WORKSPACE = Depends(current_scope)
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
    """Refuses what one of the databases would not take, or what is too deep or too large, before it is used."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()
        takes_json = self.body_field is not None
        members_only = any(dependency is Policy.WORKSPACE.value for dependency in self.dependencies)

        async def checked(request: Request) -> Response:
            if members_only:
                await current_scope(request)  # before anything that a stranger sent is read
            for _, value in request.query_params.multi_items():
                check_text(value)
            if not takes_json:
                return await handle(request)
            limits = (await dependencies_of(request)).limits.graph
            careful = _Checked(request.scope, request.receive)
            if body := await _body(careful, ESCAPED * limits.size):
                _check_type(request.headers.get("content-type", ""))
                careful.read = read_json(body, limits.depth + WRAPPED)
            return await handle(careful)

        return checked


def _check_type(content_type: str) -> None:
    kind = content_type.partition(";")[0].strip().lower()
    if kind != "application/json" and not (kind.startswith("application/") and kind.endswith("+json")):
        raise UnsupportedType(f"This address accepts JSON, not “{kind[:100]}”: send content-type: application/json.")


async def _body(request: Request, most: int) -> bytes:
    pieces: list[bytes] = []
    size = 0
    try:
        async for piece in request.stream():
            size += len(piece)
            if size > most:
                raise TooLarge(f"The request's body is larger than {most:,} bytes.")
            pieces.append(piece)
    except ClientDisconnect as error:
        raise Invalid("The request was interrupted. Send it again.") from error
    request._body = body = b"".join(pieces)  # pyright: ignore (as Request.body itself does)
    return body


def read_json(body: bytes | str, depth: int = DEPTH) -> Any:
    """The value; a sentence where it is not JSON, too deep, or holds what no database keeps."""
    signs = body.translate(_NO_SIGNS) if isinstance(body, str) else body.translate(None, b",[{")
    if len(body) - len(signs) > MOST_VALUES:
        raise Invalid(f"The JSON has more than {MOST_VALUES:,} values.", code="INVALID_JSON")
    try:
        value = json.loads(body, parse_constant=_no_constant, object_pairs_hook=_no_duplicates)
    except RecursionError as error:
        raise _too_deep(depth) from error
    except ValueError as error:
        raise Invalid(f"The body is not valid JSON: {error}.", code="INVALID_JSON") from error
    _check(value, depth)
    return value


def _too_deep(depth: int) -> Invalid:
    return Invalid(f"The JSON is nested more than {depth} levels deep.", code="INVALID_JSON")


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) < len(pairs):
        seen: set[str] = set()
        twice = next(name for name, _ in pairs if name in seen or seen.add(name))
        raise Invalid(f"The JSON names the field “{twice[:100]}” twice in one object.", code="INVALID_JSON")
    return fields


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not a JSON number")


def _check(value: Any, most: int) -> None:
    waiting: list[tuple[Any, int]] = [(value, 1)]
    while waiting:
        thing, depth = waiting.pop()
        if isinstance(thing, str):
            check_text(thing)
        elif isinstance(thing, float):
            if thing in (float("inf"), float("-inf")):
                raise Invalid("A number is too large to store.", code="INVALID_JSON")
        elif isinstance(thing, int):
            if thing.bit_length() > 63 and not isinstance(thing, bool):
                raise Invalid("An integer is too large to store: at most 64 bits.", code="INVALID_JSON")
        elif isinstance(thing, dict | list):
            if depth > most:
                raise _too_deep(most)
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
        raise Invalid("A text contains the character NUL (U+0000), which cannot be stored. Remove it.")
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise Invalid("A text contains half a character (a lone surrogate), which cannot be stored.") from error


class _IdConvertor(StringConvertor):
    """An id in a path. `validate` is no id, but an address of its own beside them: other methods there are 405."""

    regex = r"(?!validate(?:/|$))[^/]+"


register_url_convertor("id", _IdConvertor())


class Router(APIRouter):
    """Cannot be made without saying who may use it."""

    def __init__(self, policy: Policy, *, tag: str, prefix: str = "") -> None:
        super().__init__(prefix=prefix, tags=[tag], dependencies=[policy.value], route_class=CheckedRoute)
        self.policy = policy
