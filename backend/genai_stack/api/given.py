"""What the routes are given: everything that a request may need, built elsewhere."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, cast

from fastapi import Depends
from starlette.requests import HTTPConnection

from genai_stack.access.doors import Doors
from genai_stack.chat.questions import Questions
from genai_stack.documents.removal import Removal
from genai_stack.documents.uploads import Uploads
from genai_stack.engine.catalog import Catalog
from genai_stack.engine.graph import Limits
from genai_stack.knowledge.search import Search
from genai_stack.llm.chat_models import ChatModels
from genai_stack.runs.feed import Feed
from genai_stack.runs.retention import Retention
from genai_stack.runs.runs import Runs
from genai_stack.storage.database import Database
from genai_stack.storage.secrets import Secrets
from genai_stack.telemetry.page import Page
from genai_stack.work.wake import Wake

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
