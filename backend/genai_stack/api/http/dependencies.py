"""Dependencies of the routes: everything that a process is made of, built by `app.container`."""

from collections.abc import Awaitable, Mapping
from dataclasses import dataclass
from typing import Annotated, Protocol, cast

from fastapi import Depends
from starlette.requests import HTTPConnection

from genai_stack.api.http.access_rules import AccessRules
from genai_stack.engine.catalog import Catalog
from genai_stack.engine.graph import Limits
from genai_stack.features.knowledge.deletion import Deletion
from genai_stack.features.knowledge.document_pages import DocumentPages
from genai_stack.features.knowledge.ingestion.ingestion import Ingestion
from genai_stack.features.knowledge.retrieval.index import Index
from genai_stack.features.knowledge.retrieval.search import Search
from genai_stack.features.knowledge.uploads import Uploads
from genai_stack.features.runs.control import RunControl
from genai_stack.features.runs.journal.event_stream import EventStream
from genai_stack.features.runs.retention import Retention
from genai_stack.features.runs.start import RunStarter
from genai_stack.features.workflows.duplication import Duplication
from genai_stack.infra.database.database import Database
from genai_stack.infra.pubsub.pubsub import PubSub
from genai_stack.infra.queue.queue import Handler, Queue, QueueName
from genai_stack.infra.secrets import Secrets
from genai_stack.infra.telemetry.page import MetricsPage
from genai_stack.integrations.chat_models import ChatModels


@dataclass(frozen=True, slots=True)
class RequestLimits:
    """Limits on what a client sends. Frames are in bytes."""

    graph: Limits
    frame_bytes: int
    sockets: int
    slow_reader_seconds: float


@dataclass(frozen=True, slots=True)
class KnowledgeDependencies:
    """Knowledge bases and their documents."""

    index: Index
    search: Search
    ingestion: Ingestion
    uploads: Uploads
    deletion: Deletion
    pages: DocumentPages


@dataclass(frozen=True, slots=True)
class RunDependencies:
    """Runs: started, stopped, followed, and removed after their time."""

    control: RunControl
    starter: RunStarter
    event_stream: EventStream
    retention: Retention


@dataclass(frozen=True, slots=True)
class QueueDependencies:
    """The job queue, and the handler of each of its queues."""

    queue: Queue
    handlers: Mapping[QueueName, Handler]


class Process(Protocol):
    """The state of this process."""

    def parts(self) -> Awaitable[list[tuple[str, bool, str]]]:
        """Each part that is needed: its name, whether it answers, and a sentence."""
        ...

    def drain(self) -> Awaitable[None]:
        """Makes the process unready; returns when its work has ended or is late."""
        ...


@dataclass(frozen=True, slots=True)
class Dependencies:
    """Everything that a server or a worker process is made of, in groups."""

    database: Database
    secrets: Secrets
    pubsub: PubSub
    jobs: QueueDependencies
    catalog: Catalog
    models: ChatModels
    knowledge: KnowledgeDependencies
    duplication: Duplication
    runs: RunDependencies
    access_rules: AccessRules
    limits: RequestLimits
    process: Process
    metrics: MetricsPage


async def dependencies_of(connection: HTTPConnection) -> Dependencies:
    # A plain function would be sent to a thread for every request.
    return cast("Dependencies", connection.app.state.dependencies)


Deps = Annotated[Dependencies, Depends(dependencies_of)]
