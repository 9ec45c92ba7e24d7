"""The only file that names concrete adapters: builds everything, starts it in order, and takes it down."""

from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from genai_stack import nodes
from genai_stack.api.http.access_rules import is_loopback
from genai_stack.app import bootstrap as ground
from genai_stack.app.settings import Settings
from genai_stack.engine.catalog import Catalog
from genai_stack.errors import CannotStart
from genai_stack.features.credentials import store as credentials
from genai_stack.features.knowledge import documents
from genai_stack.features.knowledge.bases import EmbedderChoice
from genai_stack.features.knowledge.deletion import Removal
from genai_stack.features.knowledge.ingestion.ingestion import Ingestion
from genai_stack.features.knowledge.retrieval.index import Index
from genai_stack.features.knowledge.retrieval.nearest import Nearest
from genai_stack.features.knowledge.retrieval.search import Search
from genai_stack.features.runs import store as records
from genai_stack.features.runs.control import Runs
from genai_stack.features.runs.journal import Journal
from genai_stack.features.runs.messages import answered
from genai_stack.features.runs.node_context import Tools
from genai_stack.features.runs.retention import Retention
from genai_stack.features.runs.worker import Runner
from genai_stack.features.workflows import store
from genai_stack.infra.database.columns import now
from genai_stack.infra.database.database import Database
from genai_stack.infra.database.scope import Scope
from genai_stack.infra.egress.addresses import Upstreams
from genai_stack.infra.egress.client import Outbound
from genai_stack.infra.pubsub.local import LocalWake
from genai_stack.infra.pubsub.pubsub import Wake
from genai_stack.infra.queue.in_process import InProcess
from genai_stack.infra.queue.postgres import Distributed
from genai_stack.infra.queue.queue import Bounds, Hands, Queue, Work
from genai_stack.infra.secrets import Secrets
from genai_stack.infra.telemetry.lag import LagWatch
from genai_stack.infra.telemetry.page import Page, Standing, Waiting
from genai_stack.infra.telemetry.spans import Spans
from genai_stack.integrations.embedding.embedder import Embedder
from genai_stack.integrations.embedding.embedders import Embedders
from genai_stack.integrations.embedding.local import LocalEmbedder
from genai_stack.integrations.llm.chat_models import ChatModels
from genai_stack.integrations.llm.patience import Deadlines
from genai_stack.integrations.vectors.chroma import ChromaIndex, ChromaUrl
from genai_stack.integrations.vectors.chroma_child import ChromaChild
from genai_stack.integrations.vectors.vector_store import VectorIndex

if TYPE_CHECKING:
    from genai_stack.infra.queue.postgres_worker import Crew


@dataclass(frozen=True, slots=True)
class House:
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

    @property
    def own_hands(self) -> Hands | None:
        """Those of a server that does its runs itself."""
        return self.dispatch if isinstance(self.dispatch, InProcess) else None


def days(days: float) -> timedelta | None:
    return timedelta(days=days) if days else None


def _bounds(settings: Settings) -> dict[Queue, Bounds]:
    return {
        "runs": Bounds(settings.max_running, settings.max_running_per_workspace),
        "ingestion": Bounds(settings.max_ingesting, settings.max_ingesting * 8),
    }


async def build(settings: Settings, stack: AsyncExitStack) -> House:
    if settings.is_distributed and not (settings.database_url or "").startswith("postgres"):
        raise CannotStart(
            "Distributed dispatch needs PostgreSQL: set GENAI_STACK_DATABASE_URL to postgresql://…, or leave "
            "GENAI_STACK_DISPATCH out."
        )
    stack.enter_context(ground.own_folder(settings))
    secrets = ground.secrets_of_all(settings)
    database = ground.open_database(settings)
    stack.push_async_callback(database.close)
    await ground.prepare(database, example_wanted=settings.example)

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
    runs = Runs(database, dispatch, most_waiting=settings.max_queued)
    retention = Retention(
        database, keep_deltas=days(settings.keep_deltas_days), keep_runs=days(settings.keep_runs_days)
    )
    return House(
        database, secrets, catalog, wake, dispatch, works, models, index, search, journal, runs, ingestion, removal,
        retention, _metrics(database, stack),
    )  # fmt: skip


def _work(settings: Settings, database: Database, stack: AsyncExitStack) -> tuple[Wake, InProcess | Distributed]:
    bounds = _bounds(settings)
    if not settings.is_distributed:
        return LocalWake(), InProcess(bounds)
    from genai_stack.infra.pubsub.postgres import PostgresWake  # noqa: PLC0415 (its driver takes ten megabytes)

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
        from genai_stack.integrations.vectors.pgvector import PgvectorIndex  # noqa: PLC0415 (its driver takes a sixth of a second)

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

    return Runner(database, journal, catalog, graph_of=graph_of, tools_for=tools.of_run, answered=answered, spans=spans)


def _spans(settings: Settings, stack: AsyncExitStack) -> Spans | None:
    """None while no collector is configured: then nothing of OpenTelemetry's SDK is even imported."""
    if not settings.otlp_endpoint:
        return None
    from genai_stack.infra.telemetry.otlp import Collector  # noqa: PLC0415 (a tenth of a second and ten megabytes)

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


def crew_of(settings: Settings, house: House) -> "Crew":
    """The workers of one process of many."""
    from genai_stack.infra.queue.postgres_worker import Crew  # noqa: PLC0415 (a quarter of a second that a server does not need)

    crew = Crew(house.database.conninfo, _bounds(settings))
    for queue, work in house.works.items():
        crew.serve(queue, work)
    return crew
