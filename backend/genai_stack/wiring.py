"""The only file that names concrete adapters: builds everything, starts it in order, and takes it down."""

import fcntl
import os
from collections.abc import AsyncGenerator, Generator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from datetime import datetime
from pathlib import Path

import structlog
from sqlalchemy import text

from genai_stack import nodes
from genai_stack.access import credentials
from genai_stack.access.doors import LOCAL, Doors, is_loopback
from genai_stack.api.given import Given
from genai_stack.chat.asking import answered
from genai_stack.chat.questions import Questions
from genai_stack.chat.tools import Tools
from genai_stack.documents import documents, example
from genai_stack.documents.ingestion import Ingestion
from genai_stack.documents.removal import Removal
from genai_stack.documents.uploads import Uploads
from genai_stack.embedding.embedder import Embedder
from genai_stack.embedding.embedders import Embedders
from genai_stack.embedding.local import LocalEmbedder
from genai_stack.engine.catalog import Catalog
from genai_stack.engine.graph import Limits
from genai_stack.errors import Busy, CannotStart
from genai_stack.knowledge.bases import EmbedderChoice
from genai_stack.knowledge.index import Index
from genai_stack.knowledge.nearest import Nearest
from genai_stack.knowledge.search import Search
from genai_stack.llm.chat_models import ChatModels
from genai_stack.llm.patience import Deadlines
from genai_stack.outbound.addresses import Upstreams
from genai_stack.outbound.client import Outbound
from genai_stack.runs import records
from genai_stack.runs.feed import Feed
from genai_stack.runs.journal import Journal
from genai_stack.runs.runner import Runner
from genai_stack.runs.runs import Runs
from genai_stack.settings import Settings
from genai_stack.storage import schema
from genai_stack.storage.columns import now
from genai_stack.storage.database import Database, WriteSession
from genai_stack.storage.scope import THE_WORKSPACE, Scope
from genai_stack.storage.secrets import Secrets, keys_in
from genai_stack.storage.tables import Workspace
from genai_stack.telemetry.lag import LagWatch
from genai_stack.telemetry.page import Page, Standing, Waiting
from genai_stack.telemetry.spans import Spans
from genai_stack.vectors.chroma import ChromaIndex, ChromaUrl
from genai_stack.vectors.chroma_child import ChromaChild
from genai_stack.work.bells import LocalWake
from genai_stack.work.in_process import InProcess
from genai_stack.workflows import store
from genai_stack.workflows.templates import EXAMPLE

log = structlog.get_logger(__name__)


def open_database(settings: Settings) -> Database:
    return Database(settings.database_url) if settings.database_url else Database.in_folder(settings.data)


def open_secrets(settings: Settings) -> Secrets:
    keys = settings.secret_key.replace(",", " ").split() if settings.secret_key else keys_in(settings.data)
    return Secrets(keys)


@contextmanager
def own_folder(folder: Path) -> Generator[None]:
    """The data directory, made when missing, for this process alone."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise CannotStart(f"The data directory {folder} cannot be used: {error.strerror}.") from error
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise CannotStart(
                f"Another GenAI Stack server is using the data directory {folder}. "
                "Stop it, or choose another directory with --data."
            ) from error
        yield
    finally:
        os.close(lock)


@asynccontextmanager
async def opened(settings: Settings) -> AsyncGenerator[Given]:
    """Everything that the routes are given, started; taken down in reverse order afterwards."""
    async with AsyncExitStack() as stack:
        stack.enter_context(own_folder(settings.data))
        secrets = open_secrets(settings)
        database = open_database(settings)
        stack.push_async_callback(database.close)
        await _prepare(database, example_wanted=settings.example)
        yield await _build(settings, database, secrets, stack)


async def _prepare(database: Database, *, example_wanted: bool) -> None:
    """SQLite migrates by itself; PostgreSQL by `genai-stack migrate`. A new workspace gets the example."""
    if database.is_sqlite and await schema.found(database) != schema.HEAD:
        await schema.migrate(database)
    elif not database.is_sqlite:
        await schema.check(database)
    async with database.write() as session:
        if await session.get(Workspace, THE_WORKSPACE.workspace_id) is None:
            session.add(Workspace(id=THE_WORKSPACE.workspace_id, name="Workspace"))
            await session.flush()
            if example_wanted:
                await _plant_example(session)


async def _plant_example(session: WriteSession) -> None:
    workflow = await store.add(session, THE_WORKSPACE, EXAMPLE.name, EXAMPLE.description, EXAMPLE.configuration)
    await example.plant(session, THE_WORKSPACE, workflow.id)


async def _build(settings: Settings, database: Database, secrets: Secrets, stack: AsyncExitStack) -> Given:
    wake = LocalWake()
    dispatch = InProcess({"runs": settings.max_running, "ingestion": settings.max_ingesting})
    outbound = Outbound(
        Upstreams(private_allowed=is_loopback(settings.host), allowed_hosts=frozenset(settings.allowed_upstreams))
    )
    models = ChatModels(outbound)
    stack.push_async_callback(models.close)
    embedders = Embedders(outbound, LocalEmbedder())
    stack.push_async_callback(embedders.close)

    async def open_embedder(scope: Scope, choice: EmbedderChoice) -> Embedder:
        key = None
        if choice.credential_id is not None:
            async with database.read() as session:
                key = secrets.unlock((await credentials.get(session, scope, choice.credential_id)).secret)
        return embedders.open(choice.provider, choice.model, key, choice.base_url)

    server = ChromaUrl(settings.chroma_url) if settings.chroma_url else ChromaChild(settings.data / "chroma")
    vectors = ChromaIndex(server)
    stack.push_async_callback(vectors.close)
    index = Index(database, vectors)
    stack.push_async_callback(index.close)
    search = Search(database, index, Nearest(database), open_embedder)

    journal = Journal(database, wake)
    journal.start()
    stack.push_async_callback(journal.close)
    catalog = Catalog.of(nodes)
    tools = Tools(
        database,
        secrets,
        models,
        search,
        Deadlines(
            connect=settings.connect_seconds,
            first_token=settings.first_token_seconds,
            between_tokens=settings.between_tokens_seconds,
            total=settings.total_seconds,
        ),
    )

    async def graph_of(scope: Scope, workflow_id: str, version: int) -> dict[str, object]:
        async with database.read() as session:
            return (await store.version(session, scope, workflow_id, version)).configuration

    spans = _spans(settings, stack)
    runner = Runner(
        database, journal, catalog, graph_of=graph_of, tools_for=tools.of_run, answered=answered, spans=spans
    )
    ingestion = Ingestion(database, index, open_embedder)
    removal = Removal(database, dispatch, index)
    stack.push_async_callback(removal.close)
    dispatch.serve("runs", runner.work)
    dispatch.serve("ingestion", ingestion.work)
    stack.push_async_callback(dispatch.close, settings.drain_seconds)

    runs = Runs(database, dispatch, wake)
    await runs.take_up()
    await removal.resume(THE_WORKSPACE)
    await ingestion.resume(THE_WORKSPACE, dispatch)

    lag = LagWatch().start()
    stack.callback(lag.close)

    async def readiness() -> list[tuple[str, bool, str]]:
        return [await _database_part(database), _index_part(index)]

    return Given(
        database=database,
        doors=_doors(settings),
        secrets=secrets,
        catalog=catalog,
        limits=Limits(
            nodes=settings.max_nodes,
            edges=settings.max_edges,
            depth=settings.max_graph_depth,
            size=settings.max_graph_bytes,
        ),
        frame_size=settings.max_frame_bytes,
        runs=runs,
        feed=Feed(database, journal, wake),
        wake=wake,
        models=models,
        asking=Questions(database, catalog, runs, wake),
        uploads=Uploads(database, dispatch, removal, largest=settings.max_upload_bytes),
        removal=removal,
        search=search,
        readiness=readiness,
        metrics=_metrics(database),
    )


def _spans(settings: Settings, stack: AsyncExitStack) -> Spans | None:
    """None while no collector is configured: then nothing of OpenTelemetry's SDK is even imported."""
    if not settings.otlp_endpoint:
        return None
    from genai_stack.telemetry.otlp import Collector  # noqa: PLC0415 (a tenth of a second and ten megabytes)

    collector = Collector(settings.otlp_endpoint)
    stack.push_async_callback(collector.close)
    return collector


def _metrics(database: Database) -> Page:
    async def standing() -> Standing:
        unended, (in_work, oldest) = await database.fetch(lambda read: (records.unended(read), documents.in_work(read)))
        queued, since = unended.get("queued", (0, None))
        queues = {"runs": Waiting(queued, _age(since)), "ingestion": Waiting(in_work, _age(oldest))}
        return Standing({status: unended.get(status, (0, None))[0] for status in records.UNENDED}, queues)

    return Page(standing, database.connections)


def _age(since: datetime | None) -> float:
    return 0.0 if since is None else max(0.0, (now() - since).total_seconds())


def _doors(settings: Settings) -> Doors:
    return Doors(
        settings.token,
        frozenset(name.lower() for name in settings.allowed_hosts or LOCAL),
        frozenset(name.lower().rstrip("/") for name in settings.allowed_origins or LOCAL),
    )


async def _database_part(database: Database) -> tuple[str, bool, str]:
    try:
        async with database.read() as session:
            await session.scalar(text("SELECT 1"))
    except Busy as error:
        return "database", False, error.message
    return "database", True, "It answers."


def _index_part(index: Index) -> tuple[str, bool, str]:
    """Search goes on from SQL while the index is away, so it is told and does not make the server unready."""
    return "index", True, index.trouble or "It is in step, or not needed yet."
