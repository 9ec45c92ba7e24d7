"""The web application: every router, behind the gate."""

from fastapi import FastAPI
from starlette.types import ASGIApp

from genai_stack import __version__
from genai_stack.api import (
    catalog,
    chat,
    credentials,
    documents,
    health,
    knowledge_bases,
    metrics,
    openapi,
    pages,
    problems,
    runs,
    sockets,
    workflows,
)
from genai_stack.api.cors import Cors
from genai_stack.api.gate import Gate
from genai_stack.api.given import Given
from genai_stack.api.metrics import Counted
from genai_stack.api.openapi import with_events
from genai_stack.api.problems import RESPONSES

PREFIX = "/api/v1"
ROOMS = (catalog, workflows, knowledge_bases, documents, runs, chat, credentials, sockets, openapi)


def create_app(given: Given) -> ASGIApp:
    """The whole application over what its routes are given."""
    app = FastAPI(
        title="GenAI Stack",
        version=__version__,
        description="Build LLM workflows, feed them documents, and ask them.",
        openapi_url=None,  # served by a route of our own, which asks for the token
        docs_url=None,
        redoc_url=None,
        telemetry={"tracing": False, "metrics": False, "logs": False},
        separate_input_output_schemas=False,
        responses=RESPONSES,
    )
    app.state.given = given
    problems.install(app)
    for room in ROOMS:
        app.include_router(room.router, prefix=PREFIX)
    app.include_router(health.router)
    app.include_router(metrics.router)
    pages.install(app)
    with_events(app)
    return Counted(Gate(Cors(app, given.doors), given.doors, given.most_sockets), PREFIX)
