"""The only file that names concrete adapters: builds everything, starts it in order, and takes it down."""

import asyncio
import fcntl
import os
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from genai_stack import nodes
from genai_stack.access import credentials
from genai_stack.access.doors import LOCAL, Doors, is_loopback
from genai_stack.api.given import Given, Readiness
from genai_stack.chat.asking import answered
from genai_stack.chat.questions import Questions
from genai_stack.chat.tools import Tools
from genai_stack.documents import documents, example
from genai_stack.documents.ingestion import Ingestion
from genai_stack.documents.orphans import Orphans
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
from genai_stack.runs.retention import Retention
from genai_stack.runs.runner import Runner
from genai_stack.runs.runs import Runs
from genai_stack.settings import Settings
from genai_stack.storage import schema
from genai_stack.storage.columns import now
from genai_stack.storage.database import Database, WriteSession
from genai_stack.storage.scope import THE_WORKSPACE, Scope
from genai_stack.storage.secrets import FILE_NAME as SECRET_KEY
from genai_stack.storage.secrets import Secrets, keys_in
from genai_stack.storage.tables import Workspace
from genai_stack.telemetry.lag import LagWatch
from genai_stack.telemetry.page import Page, Standing, Waiting
from genai_stack.telemetry.spans import Spans
from genai_stack.vectors.chroma import ChromaIndex, ChromaUrl
from genai_stack.vectors.chroma_child import ChromaChild
from genai_stack.vectors.vector_store import VectorIndex
from genai_stack.work.bells import LocalWake
from genai_stack.work.dispatch import Bounds, Chore, Hands, Queue, Work
from genai_stack.work.distributed import Distributed
from genai_stack.work.in_process import InProcess
from genai_stack.work.postgres_wake import PostgresWake
from genai_stack.work.wake import Wake
from genai_stack.workflows import store
from genai_stack.workflows.templates import EXAMPLE
from genai_stack.workflows.thinning import thin_all

log = structlog.get_logger(__name__)


def open_database(settings: Settings) -> Database:
    return Database(settings.database_url) if settings.database_url else Database.in_folder(settings.data)


def open_secrets(settings: Settings) -> Secrets:
    keys = settings.secret_key.replace(",", " ").split() if settings.secret_key else keys_in(settings.data)
    return Secrets(keys)


@contextmanager
def own_folder(settings: Settings, *, alone: bool = False) -> Generator[None]:
    """The data directory, made when missing, for this process alone; distributed, many share it, or none is needed.

    `alone`: also where many may share it, this process must be the only one.
    """
    if settings.is_distributed and settings.secret_key:
        yield
        return
    folder = settings.data
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise CannotStart(f"The data directory {folder} cannot be used: {error.strerror}.") from error
    try:
        try:
            shared = settings.is_distributed and not alone
            fcntl.flock(lock, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except OSError as error:
            raise CannotStart(
                f"Another GenAI Stack server is using the data directory {folder}. "
                "Stop it, or choose another directory with --data."
            ) from error
        yield
    finally:
        os.close(lock)


@dataclass(frozen=True, slots=True)
class Station:
    """A worker's process: how it stands, and how it is left."""

    readiness: Readiness
    leave: Callable[[], Awaitable[None]]
    metrics: Page


@asynccontextmanager
async def opened(settings: Settings) -> AsyncGenerator[Given]:
    """Everything that the routes are given, started; taken down in reverse order afterwards."""
    async with AsyncExitStack() as stack:
        house = await _built(settings, stack)
        hands = None
        if not settings.is_distributed:
            hands = house.dispatch
            assert isinstance(hands, InProcess)
            stack.push_async_callback(hands.close)
            await house.runs.take_up()
            await house.removal.resume(THE_WORKSPACE)
            await house.ingestion.resume(THE_WORKSPACE, house.dispatch)
            hands.keep(_chores(settings, house))
            await hands.start()
        yield _given(settings, house, _Standing(house, hands, settings))


@asynccontextmanager
async def at_work(settings: Settings) -> AsyncGenerator[Station]:
    """A worker of the distributed dispatch, started; taken down in reverse order afterwards."""
    if not settings.is_distributed:
        raise CannotStart(
            "A worker works for servers with GENAI_STACK_DISPATCH=distributed; otherwise `genai-stack serve` does the "
            "runs itself."
        )
    from genai_stack.work.crew import Crew  # noqa: PLC0415 (a quarter of a second that a server does not need)

    async with AsyncExitStack() as stack:
        house = await _built(settings, stack)
        crew = Crew(house.database.conninfo, _bounds(settings))
        for queue, work in house.works.items():
            crew.serve(queue, work)

        async def make_good() -> None:
            await house.runs.take_up()
            await house.ingestion.resume(THE_WORKSPACE, house.dispatch)
            await house.removal.sweep(THE_WORKSPACE)

        crew.keep([Chore("make_good", 1, make_good), *_chores(settings, house), Chore("tidy_queue", 60, crew.tidy)])
        await crew.start()
        stack.push_async_callback(crew.close)
        await make_good()
        standing = _Standing(house, crew, settings)
        yield Station(standing.parts, standing.leave, house.metrics)


async def _prepare(database: Database, *, example_wanted: bool) -> None:
    """SQLite migrates by itself; PostgreSQL by `genai-stack migrate`. A new workspace gets the example."""
    if database.is_sqlite and await schema.found(database) != schema.HEAD:
        await schema.migrate(database)
    elif not database.is_sqlite:
        await schema.check(database)
    try:
        async with database.write() as session:
            if await session.get(Workspace, THE_WORKSPACE.workspace_id) is None:
                session.add(Workspace(id=THE_WORKSPACE.workspace_id, name="Workspace"))
                await session.flush()
                if example_wanted:
                    await _plant_example(session)
    except IntegrityError:
        log.info("workspace.made_by_another")  # a process that started at the same moment


async def _plant_example(session: WriteSession) -> None:
    workflow = await store.add(session, THE_WORKSPACE, EXAMPLE.name, EXAMPLE.description, EXAMPLE.configuration)
    await example.plant(session, THE_WORKSPACE, workflow.id)


@dataclass(frozen=True, slots=True)
class _House:
    """What every process is made of. `works` is what is done with the jobs of each queue."""

    database: Database
    secrets: Secrets
    catalog: Catalog
    wake: Wake
    dispatch: InProcess | Distributed
    works: Mapping[Queue, Work]
    models: ChatModels
    index: Index
    search: Search
    journal: Journal
    runs: Runs
    ingestion: Ingestion
    removal: Removal
    retention: Retention
    metrics: Page


def _chores(settings: Settings, house: _House) -> list[Chore]:
    """What goes after its time, and what nobody needs any more."""
    orphans = Orphans(house.database, house.removal, keep_originals=_days(settings.keep_originals_days))
    return [
        Chore("tidy_runs", 1, house.retention.tidy),
        Chore("tidy_documents", 30, lambda: orphans.tidy(THE_WORKSPACE)),
        Chore("thin_versions", 60, lambda: thin_all(house.database)),
    ]


def _days(days: float) -> timedelta | None:
    return timedelta(days=days) if days else None


def _bounds(settings: Settings) -> dict[Queue, Bounds]:
    return {
        "runs": Bounds(settings.max_running, settings.max_running_per_workspace),
        "ingestion": Bounds(settings.max_ingesting, settings.max_ingesting * 8),
    }


def _opened_secrets(settings: Settings, stack: AsyncExitStack) -> Secrets:
    """Many processes must have one key, so that none of them makes it."""
    stack.enter_context(own_folder(settings))
    if settings.is_distributed and not settings.secret_key and not (settings.data / SECRET_KEY).exists():
        raise CannotStart(
            f"There is no secret key that all processes share: {settings.data} holds none. Set "
            "GENAI_STACK_SECRET_KEY, or let `genai-stack migrate` make one in a data directory that all of them use."
        )
    return open_secrets(settings)


async def _built(settings: Settings, stack: AsyncExitStack) -> _House:
    if settings.is_distributed and not (settings.database_url or "").startswith("postgres"):
        raise CannotStart(
            "Distributed dispatch needs PostgreSQL: set GENAI_STACK_DATABASE_URL to postgresql://…, or leave "
            "GENAI_STACK_DISPATCH out."
        )
    secrets = _opened_secrets(settings, stack)
    database = open_database(settings)
    stack.push_async_callback(database.close)
    await _prepare(database, example_wanted=settings.example)

    wake, dispatch = _work(settings, database, stack)
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

    vectors = _vector_index(settings, database)
    stack.push_async_callback(vectors.close)
    index = Index(database, vectors)
    stack.push_async_callback(index.close)
    search = Search(database, index, Nearest(database), open_embedder)

    journal = Journal(database, wake)
    journal.start()
    stack.push_async_callback(journal.close)
    catalog = Catalog.of(nodes)
    tools = Tools(database, secrets, models, search, _deadlines(settings))
    runner = _runner(database, journal, catalog, tools, _spans(settings, stack))
    ingestion = Ingestion(database, index, open_embedder)
    removal = Removal(database, dispatch, index)
    stack.push_async_callback(removal.close)
    works: dict[Queue, Work] = {"runs": runner.work, "ingestion": ingestion.work}
    for queue, work in works.items():
        dispatch.serve(queue, work)
    runs = Runs(database, dispatch, wake, most_waiting=settings.max_queued)
    retention = Retention(
        database, keep_deltas=_days(settings.keep_deltas_days), keep_runs=_days(settings.keep_runs_days)
    )
    return _House(
        database, secrets, catalog, wake, dispatch, works, models, index, search, journal, runs, ingestion, removal,
        retention, _metrics(database, stack),
    )  # fmt: skip


def _work(settings: Settings, database: Database, stack: AsyncExitStack) -> tuple[Wake, InProcess | Distributed]:
    bounds = _bounds(settings)
    if not settings.is_distributed:
        return LocalWake(), InProcess(bounds)
    wake = PostgresWake(database)
    wake.start()
    stack.push_async_callback(wake.close)
    return wake, Distributed(database, {queue: bound.workspace for queue, bound in bounds.items()})


def _vector_index(settings: Settings, database: Database) -> VectorIndex:
    """Many processes share one index: PostgreSQL's, or a Chroma that none of them starts."""
    chroma_is_ours = not settings.chroma_url
    if settings.vectors == "pgvector" or (settings.vectors is None and settings.is_distributed and chroma_is_ours):
        if database.is_sqlite:
            raise CannotStart(
                "GENAI_STACK_VECTORS=pgvector keeps the index in PostgreSQL, and the database is SQLite. Set "
                "GENAI_STACK_DATABASE_URL to postgresql://…, or leave GENAI_STACK_VECTORS out."
            )
        from genai_stack.vectors.pgvector import PgvectorIndex  # noqa: PLC0415 (its driver takes a sixth of a second)

        index = PgvectorIndex(database)
        index.start()  # takes a query or two, and tells at once what is missing
        return index
    if settings.is_distributed and chroma_is_ours:
        raise CannotStart(
            "Many processes cannot each have a Chroma of their own. Set GENAI_STACK_CHROMA_URL, or leave "
            "GENAI_STACK_VECTORS out: then PostgreSQL keeps the index."
        )
    server = ChromaUrl(settings.chroma_url) if settings.chroma_url else ChromaChild(settings.data / "chroma")
    return ChromaIndex(server)


def _deadlines(settings: Settings) -> Deadlines:
    return Deadlines(
        connect=settings.connect_seconds,
        first_token=settings.first_token_seconds,
        between_tokens=settings.between_tokens_seconds,
        total=settings.total_seconds,
    )


def _runner(database: Database, journal: Journal, catalog: Catalog, tools: Tools, spans: Spans | None) -> Runner:
    async def graph_of(scope: Scope, workflow_id: str, version: int) -> dict[str, object]:
        async with database.read() as session:
            return (await store.version(session, scope, workflow_id, version)).configuration

    return Runner(
        database, journal, catalog, graph_of=graph_of, tools_for=tools.of_run, answered=answered, spans=spans
    )


def _spans(settings: Settings, stack: AsyncExitStack) -> Spans | None:
    """None while no collector is configured: then nothing of OpenTelemetry's SDK is even imported."""
    if not settings.otlp_endpoint:
        return None
    from genai_stack.telemetry.otlp import Collector  # noqa: PLC0415 (a tenth of a second and ten megabytes)

    collector = Collector(settings.otlp_endpoint)
    stack.push_async_callback(collector.close)
    return collector


def _metrics(database: Database, stack: AsyncExitStack) -> Page:
    async def standing() -> Standing:
        unended, (in_work, oldest) = await database.fetch(lambda read: (records.unended(read), documents.in_work(read)))
        queued, since = unended.get("queued", (0, None))
        queues = {"runs": Waiting(queued, _age(since)), "ingestion": Waiting(in_work, _age(oldest))}
        return Standing({status: unended.get(status, (0, None))[0] for status in records.UNENDED}, queues)

    stack.callback(LagWatch().start().close)
    return Page(standing, database.connections)


def _age(since: datetime | None) -> float:
    return 0.0 if since is None else max(0.0, (now() - since).total_seconds())


class _Standing:
    """Whether this process is ready, and how it is left: it says that it leaves, and its work may end first."""

    def __init__(self, house: _House, hands: Hands | None, settings: Settings) -> None:
        self._house, self._hands, self._settings = house, hands, settings
        self._leaving = False

    async def parts(self) -> list[tuple[str, bool, str]]:
        process = "It is being stopped." if self._leaving else "It takes requests."
        parts = [("process", not self._leaving, process), await _database_part(self._house.database)]
        return [*parts, _index_part(self._house.index)]

    async def leave(self) -> None:
        self._leaving = True
        work = self._hands.finish(self._settings.drain_seconds) if self._hands else asyncio.sleep(0)
        await asyncio.gather(work, asyncio.sleep(self._settings.unready_seconds))


def _given(settings: Settings, house: _House, standing: _Standing) -> Given:
    return Given(
        database=house.database,
        doors=_doors(settings),
        secrets=house.secrets,
        catalog=house.catalog,
        limits=Limits(
            nodes=settings.max_nodes,
            edges=settings.max_edges,
            depth=settings.max_graph_depth,
            size=settings.max_graph_bytes,
        ),
        frame_size=settings.max_frame_bytes,
        most_sockets=settings.max_sockets,
        runs=house.runs,
        feed=Feed(house.database, house.journal, house.wake),
        wake=house.wake,
        models=house.models,
        asking=Questions(house.database, house.catalog, house.runs, house.wake),
        uploads=Uploads(house.database, house.dispatch, house.removal, largest=settings.max_upload_bytes),
        removal=house.removal,
        retention=house.retention,
        search=house.search,
        readiness=standing.parts,
        leave=standing.leave,
        metrics=house.metrics,
    )


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
