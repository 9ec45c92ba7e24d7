"""What Prometheus reads, and what is counted of requests."""

from time import perf_counter
from typing import Any

from fastapi import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from genai_stack.api.http.dependencies import Deps
from genai_stack.api.http.routing import Policy, Router
from genai_stack.infra.telemetry import metrics

router = Router(Policy.PUBLIC, tag="metrics")

UNMATCHED = "unmatched"
PAGES = "pages"
GONE = 499  # who asked went before an answer began; as nginx writes it


@router.get("/metrics", include_in_schema=False)
async def page(deps: Deps) -> Response:
    content, kind = await deps.metrics()
    return Response(content, headers={"content-type": kind})


class Counted:
    """ASGI middleware around everything: what was asked, how it was answered, and how long that took."""

    def __init__(self, app: ASGIApp, prefix: str) -> None:
        self._app, self._prefix = app, prefix

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, streams_since, status = perf_counter(), 0.0, GONE

        async def sending(message: Message) -> None:
            nonlocal streams_since, status
            if message["type"] == "http.response.start":
                status = message["status"]
                if _streams(message):
                    streams_since = perf_counter()
            await send(message)

        metrics.request_began()
        try:
            await self._app(scope, receive, sending)
        finally:
            seconds = (streams_since or perf_counter()) - began
            metrics.request_ended(scope["method"], self._route(scope, status), status, seconds)

    def _route(self, scope: Scope, status: int) -> str:
        """The route's template: as many values as there are routes, whatever is asked for."""
        route: Any = scope.get("route")
        below = scope["path"].startswith(f"{self._prefix}/")
        if route is None:
            return PAGES if status < 400 and not below else UNMATCHED
        return f"{self._prefix}{route.path_format}" if below else str(route.path_format)


def _streams(message: Message) -> bool:
    return any(name == b"content-type" and value.startswith(b"text/event-stream") for name, value in message["headers"])
