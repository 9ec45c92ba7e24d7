"""What the routes are given: everything that a request may need, built elsewhere."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, cast

from fastapi import Depends
from starlette.requests import HTTPConnection

from genai_stack.api.http.access_rules import Doors
from genai_stack.engine.catalog import Catalog
from genai_stack.engine.graph import Limits
from genai_stack.features.knowledge.deletion import Removal
from genai_stack.features.knowledge.retrieval.search import Search
from genai_stack.features.knowledge.uploads import Uploads
from genai_stack.features.runs.control import Runs
from genai_stack.features.runs.event_stream import Feed
from genai_stack.features.runs.retention import Retention
from genai_stack.features.runs.start import Questions
from genai_stack.infra.database.database import Database
from genai_stack.infra.pubsub.pubsub import Wake
from genai_stack.infra.secrets import Secrets
from genai_stack.infra.telemetry.page import Page
from genai_stack.integrations.llm.chat_models import ChatModels

Readiness = Callable[[], Awaitable[list[tuple[str, bool, str]]]]
"""Each part that is needed: its name, whether it answers, and a sentence."""


@dataclass(frozen=True, slots=True)
class Given:
    """`frame_size` is in bytes. `leave` makes the process unready, and returns when its work has ended or is late."""

    database: Database
    doors: Doors
    secrets: Secrets
    catalog: Catalog
    limits: Limits
    frame_size: int
    most_sockets: int
    slow_reader_seconds: float
    runs: Runs
    feed: Feed
    wake: Wake
    models: ChatModels
    asking: Questions
    uploads: Uploads
    removal: Removal
    retention: Retention
    search: Search
    readiness: Readiness
    leave: Callable[[], Awaitable[None]]
    metrics: Page


async def given(connection: HTTPConnection) -> Given:
    # A plain function would be sent to a thread for every request.
    return cast("Given", connection.app.state.given)


Here = Annotated[Given, Depends(given)]
