"""Errors as RFC 9457 problem details; the only place that knows which status an error has."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError, WebSocketRequestValidationError
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse
from starlette.routing import Match
from starlette.websockets import WebSocket

from genai_stack import errors

MEDIA_TYPE = "application/problem+json"

# The first that fits: a class stands before those that it derives from.
STATUS: tuple[tuple[type[errors.StackError], int], ...] = (
    (errors.TooLarge, 413),
    (errors.UnsupportedType, 415),
    (errors.Invalid, 422),
    (errors.NotFound, 404),
    (errors.Stale, 412),
    (errors.KeyReused, 422),
    (errors.Conflict, 409),
    (errors.NoToken, 401),
    (errors.ForeignHost, 421),
    (errors.UpstreamRefused, 422),
    (errors.NotAllowed, 403),
    (errors.Refused, 400),
    (errors.Overloaded, 429),
    (errors.StorageFull, 507),
    (errors.Busy, 503),
    (errors.ProviderRefused, 422),
    (errors.ProviderTooSlow, 504),
    (errors.ProviderFailed, 502),
    (errors.EmbedderMissing, 503),
    (errors.DocumentFailed, 422),
)

log = structlog.get_logger(__name__)


class ProblemDetail(BaseModel):
    """RFC 9457, with a stable `code` for programs and a `detail` for people."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    code: str
    timestamp: datetime
    request_id: str
    problems: list[dict[str, Any]] | None = None


def status_of(error: errors.StackError) -> int:
    return next((status for kind, status in STATUS if isinstance(error, kind)), 500)


def problem(
    status: int,
    code: str,
    detail: str,
    request_id: str,
    *,
    problems: Sequence[Mapping[str, object]] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "code": code,
        "timestamp": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "request_id": request_id,
    }
    if problems:
        body["problems"] = list(problems)
    return JSONResponse(body, status, dict(headers or {}), media_type=MEDIA_TYPE)


def from_error(error: errors.StackError, request_id: str) -> Response:
    status = status_of(error)
    headers: dict[str, str] = {}
    if isinstance(error, errors.Busy):
        headers["retry-after"] = str(max(1, round(error.retry_after)))
    if isinstance(error, errors.NoToken):
        headers["www-authenticate"] = "Bearer"
    if status == 500:
        log.error("request.failed", exc_info=error)
    problems = error.problems if isinstance(error, errors.Invalid) else ()
    return problem(status, error.code, error.message, request_id, problems=problems, headers=headers)


def unexpected(error: Exception, request_id: str) -> Response:
    log.error("request.crashed", exc_info=error)
    detail = "Something went wrong on the server. Its log has the details under this request id."
    return problem(500, "INTERNAL", detail, request_id)


def install(app: FastAPI) -> None:
    @app.exception_handler(errors.StackError)
    async def on_stack_error(request: Request, error: errors.StackError) -> Response:
        return from_error(error, request_id_of(request))

    @app.exception_handler(RequestValidationError)
    async def on_invalid(request: Request, error: RequestValidationError) -> Response:
        return _invalid(error.errors(), request_id_of(request))

    @app.exception_handler(WebSocketRequestValidationError)
    async def on_invalid_socket(socket: WebSocket, error: WebSocketRequestValidationError) -> None:
        await socket.send_denial_response(_invalid(error.errors(), request_id_of(socket)))

    @app.exception_handler(Exception)
    async def on_crash(request: Request, error: Exception) -> Response:
        return unexpected(error, request_id_of(request))

    @app.exception_handler(HTTPException)
    async def on_http(request: Request, error: HTTPException) -> Response:
        code = HTTPStatus(error.status_code).name
        detail = _DETAILS.get(error.status_code, str(error.detail))
        headers = {name.lower(): value for name, value in (error.headers or {}).items()}
        if error.status_code == 405:
            headers["allow"] = ", ".join(_allowed(request))
        return problem(error.status_code, code, detail, request_id_of(request), headers=headers)

    del on_stack_error, on_invalid, on_invalid_socket, on_crash, on_http


def _allowed(request: Request) -> list[str]:
    """Every method that an address takes, whichever of its routes takes it."""
    routes = request.app.router.routes
    return [
        method
        for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
        if any(route.matches({**request.scope, "method": method})[0] is Match.FULL for route in routes)
    ]


_DETAILS = {404: "There is nothing at this address.", 405: "This address does not support this method."}


def _invalid(faults: Sequence[Mapping[str, Any]], request_id: str) -> Response:
    found = [_field_problem(fault) for fault in faults]
    detail = found[0]["message"] if len(found) == 1 else f"{len(found)} fields of the request are not valid."
    return problem(422, "INVALID_REQUEST", detail, request_id, problems=found)


def _field_problem(entry: Mapping[str, Any]) -> dict[str, Any]:
    place = [str(part) for part in entry["loc"] if part not in ("body", "query", "path", "header")]
    field = ".".join(place) or None
    message = f"{field}: {entry['msg']}" if field else str(entry["msg"])
    return {"code": entry["type"], "message": message, "field": field}


def request_id_of(connection: HTTPConnection) -> str:
    return str(connection.scope.get("state", {}).get("request_id", ""))


def declared(**statuses: str) -> dict[int | str, dict[str, Any]]:
    """Statuses with a problem as their body, for the description: `declared(s503="The database does not answer")`."""
    return {
        name.removeprefix("s"): {"model": ProblemDetail, "description": description, "content": {MEDIA_TYPE: {}}}
        for name, description in statuses.items()
    }


RESPONSES = declared(
    s4XX="What is wrong, and what to do",
    s429="Too many requests; `Retry-After` says when to try again",
    s503="A part that is needed does not answer; `Retry-After` says when to try again",
    s507="The disk of the database is full",
)
PROVIDER_RESPONSES = declared(
    s502="The provider's server failed, with its own words", s504="The provider's server did not answer in time"
)
