"""The web process."""

import socket
from collections.abc import Generator
from contextlib import contextmanager

import structlog
import uvicorn

from genai_stack import wiring
from genai_stack.access.doors import check_start
from genai_stack.api.app import create_app
from genai_stack.errors import CannotStart
from genai_stack.settings import Settings
from genai_stack.telemetry import logs

LARGEST_FRAME = 16 * 1024 * 1024  # bytes that a socket reads before it is closed; smaller limits answer with an error


async def serve(settings: Settings) -> None:
    """Serves until SIGTERM or SIGINT. Raises CannotStart with a sentence."""
    check_start(settings.host, settings.token)
    logs.configure(settings.log_level, settings.log_format, secrets=settings.secrets)
    listening = _listen(settings.host, settings.port)
    try:
        async with wiring.opened(settings) as given:
            server = _Server(
                uvicorn.Config(
                    create_app(given),
                    log_config=None,
                    access_log=False,
                    server_header=False,
                    lifespan="off",
                    ws_max_size=LARGEST_FRAME,
                    ws_per_message_deflate=False,
                    timeout_graceful_shutdown=5,
                )
            )
            host, port = listening.getsockname()[:2]
            shown = f"[{host}]" if ":" in host else host
            structlog.get_logger(__name__).info("serving", address=f"http://{shown}:{port}", data=str(settings.data))
            await server.serve(sockets=[listening])
    finally:
        listening.close()


class _Server(uvicorn.Server):
    """Returns when it was asked to stop, so that runs are handed over before the process ends."""

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        with super().capture_signals():
            yield
            self._captured_signals.clear()  # or uvicorn raises them again, which ends the process here


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host.strip("[]"), port))
    except OSError as error:
        listening.close()
        raise CannotStart(
            f"{host}:{port} cannot be served: {error.strerror}. Stop what uses it, or choose another with --port."
        ) from error
    listening.listen(2048)
    return listening
