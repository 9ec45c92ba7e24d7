"""The web application: every router, behind the gate."""

from fastapi import FastAPI
from starlette.types import ASGIApp

from genai_stack import __version__
from genai_stack.api.http import openapi, problems
from genai_stack.api.http import static_files as pages
from genai_stack.api.http.cors import Cors
from genai_stack.api.http.dependencies import Dependencies
from genai_stack.api.http.openapi import with_events
from genai_stack.api.http.problems import RESPONSES
from genai_stack.api.http.request_guard import RequestGuard
from genai_stack.api.routes import conversations as chat
from genai_stack.api.routes import (
    credentials,
    documents,
    health,
    knowledge_bases,
    metrics,
    runs,
    workflow_details,
    workflows,
)
from genai_stack.api.routes import node_types as catalog
from genai_stack.api.routes.metrics import Counted
from genai_stack.api.sockets import sockets
from genai_stack.api.sockets.conversation import Cancel, ErrorFrame, Follow, Send

PREFIX = "/api/v1"
# In the order in which their paths are tried: the busiest first.
ROUTERS = (runs, chat, workflow_details, workflows, sockets, knowledge_bases, documents, catalog, credentials, openapi)


def create_app(deps: Dependencies) -> ASGIApp:
    """The whole application over what its routes are given."""
    app = FastAPI(
        title="GenAI Stack",
        version=__version__,
        description="Build LLM workflows, feed them documents, and ask them.",
        openapi_url=None,  # served by a route of our own, which asks for the token
        docs_url=None,
        redirect_slashes=False,  # behind a proxy with TLS the redirect would lead to http
        redoc_url=None,
        telemetry={"tracing": False, "metrics": False, "logs": False},
        separate_input_output_schemas=False,
        responses=RESPONSES,
    )
    app.state.dependencies = deps
    problems.install(app)
    for module in ROUTERS:
        app.include_router(module.router, prefix=PREFIX)
    app.include_router(health.router)
    app.include_router(metrics.router)
    pages.install(app)
    with_events(app, client_frames=(Send, Cancel, Follow), server_frames=(ErrorFrame,))
    return Counted(RequestGuard(Cors(app, deps.access_rules), deps.access_rules, deps.limits.sockets), PREFIX)
