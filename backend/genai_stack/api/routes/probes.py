"""What a worker answers: whether it lives, whether every part that it needs answers, and its metrics."""

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from genai_stack.api.http.dependencies import Process
from genai_stack.api.routes.health import readiness_of
from genai_stack.infra.telemetry.page import MetricsPage


def create_probes(process: Process, metrics: MetricsPage) -> Starlette:
    async def healthz(request: Request) -> Response:
        del request
        return JSONResponse({"status": "ok"})

    async def readyz(request: Request) -> Response:
        del request
        found = await readiness_of(process)
        return JSONResponse(found.model_dump(), 200 if found.ready else 503)

    async def counted(request: Request) -> Response:
        del request
        content, kind = await metrics()
        return Response(content, headers={"content-type": kind})

    return Starlette(routes=[Route("/healthz", healthz), Route("/readyz", readyz), Route("/metrics", counted)])
