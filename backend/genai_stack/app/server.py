"""The web process."""

import asyncio
import gc
import socket
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from types import FrameType
from typing import cast

import structlog
import uvicorn
from starlette.types import ASGIApp

from genai_stack.api.app import create_app
from genai_stack.api.http.access_rules import check_start
from genai_stack.api.http.connections import ConnectionLimits, http_protocol, most_connections
from genai_stack.app import lifespan
from genai_stack.app.settings import Settings
from genai_stack.errors import CannotStart
from genai_stack.infra import sandbox
from genai_stack.infra.telemetry import logs

log = structlog.get_logger(__name__)

LARGEST_FRAME = 16 * 1024 * 1024  # bytes that a socket reads before it is closed; smaller limits answer with an error


async def serve(settings: Settings) -> None:
    """Serves until SIGTERM or SIGINT. Raises CannotStart with a sentence."""
    check_start(settings.host, settings.let_in, settings.token)
    sandbox.protect_process()
    logs.configure(settings.log_level, settings.log_format, secrets=settings.secrets)
    with listening(settings.host, settings.port) as listener:
        async with lifespan.server(settings) as deps:
            if (reason := sandbox.missing()) is not None:
                log.warning("sandbox.missing", reason=reason)
            log.info("serving", address=address_of(listener), data=str(settings.data))
            limits = ConnectionLimits(
                settings.max_connections or most_connections(), settings.max_connections_per_address
            )
            await answer(create_app(deps), listener, deps.process.drain, limits)


async def answer(
    app: ASGIApp, listener: socket.socket, leave: Callable[[], Awaitable[None]], limits: ConnectionLimits | None = None
) -> None:
    """Serves an application until the process is asked to stop; `leave` returns when it may."""
    limits = limits or ConnectionLimits(most_connections())
    gc.freeze()  # what was made at the start stays: looking through it again and again would hold up everybody
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        lifespan="off",
        http=cast("type[asyncio.Protocol]", http_protocol(limits)),
        ws_max_size=LARGEST_FRAME,
        ws_per_message_deflate=False,
        timeout_graceful_shutdown=5,
    )
    await _Server(config, leave).serve(sockets=[listener])


class _Server(uvicorn.Server):
    """Asked to stop, it goes on answering while it leaves; asked again, it stops at once.

    It returns when it has stopped, so that runs are handed over before the process ends.
    """

    def __init__(self, config: uvicorn.Config, leave: Callable[[], Awaitable[None]]) -> None:
        super().__init__(config)
        self._leave = leave
        self._loop = asyncio.get_running_loop()
        self._leaving: asyncio.Task[None] | None = None
        self._asked = False

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        with super().capture_signals():
            yield
            self._captured_signals.clear()  # or uvicorn raises them again, which ends the process here

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        if self._asked:
            super().handle_exit(sig, frame)
        self._asked = True
        self._loop.call_soon_threadsafe(self._begin_leaving)

    def _begin_leaving(self) -> None:
        if self._leaving is None:
            self._leaving = asyncio.create_task(self._stop_after_leaving())

    async def _stop_after_leaving(self) -> None:
        try:
            await self._leave()
        finally:
            self.should_exit = True


@contextmanager
def listening(host: str, port: int) -> Generator[socket.socket]:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host.strip("[]"), port))
        except OSError as error:
            raise CannotStart(
                f"Cannot listen on {host}:{port}: {error.strerror}. Stop the program that uses it, or "
                "choose another port."
            ) from error
        listener.listen(2048)
        yield listener


def address_of(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
