"""The worker's process: it does what servers with distributed dispatch hand on."""

import structlog

from genai_stack.api.routes.probes import create_probes
from genai_stack.app import lifespan
from genai_stack.app.server import address_of, answer, listening
from genai_stack.app.settings import Settings
from genai_stack.infra import sandbox
from genai_stack.infra.telemetry import logs

log = structlog.get_logger(__name__)


async def work(settings: Settings) -> None:
    """Works until SIGTERM or SIGINT, and says how it stands over HTTP. Raises CannotStart with a sentence."""
    logs.configure(settings.log_level, settings.log_format, secrets=settings.secrets)
    sandbox.protect_process()
    with listening(settings.host, settings.worker_port) as listener:
        async with lifespan.worker(settings) as deps:
            if (reason := sandbox.missing()) is not None:
                log.warning("sandbox.missing", reason=reason)
            log.info("working", address=address_of(listener))
            await answer(create_probes(deps.process, deps.metrics), listener, deps.process.drain)
