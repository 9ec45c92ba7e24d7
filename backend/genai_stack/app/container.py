"""Container: builds everything that a process is made of. The only file that names concrete adapters."""

from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from genai_stack import nodes
from genai_stack.api.http.access_rules import LOCAL, AccessRules
from genai_stack.api.http.dependencies import (
    Dependencies,
    KnowledgeDependencies,
    QueueDependencies,
    RequestLimits,
    RunDependencies,
)
from genai_stack.app import bootstrap
from genai_stack.app.process_state import ProcessState
from genai_stack.app.settings import Settings
from genai_stack.engine.catalog import Catalog
from genai_stack.engine.graph import Limits
from genai_stack.errors import CannotStart
from genai_stack.features.credentials import store as credentials
from genai_stack.features.knowledge import documents
from genai_stack.features.knowledge.bases import EmbedderChoice
from genai_stack.features.knowledge.copying import Copies
from genai_stack.features.knowledge.deletion import Deletion
from genai_stack.features.knowledge.document_pages import DocumentPages
from genai_stack.features.knowledge.ingestion.ingestion import Ingestion
from genai_stack.features.knowledge.retrieval.index import Index
from genai_stack.features.knowledge.retrieval.nearest import ExactSearch
from genai_stack.features.knowledge.retrieval.search import Search
from genai_stack.features.knowledge.uploads import Uploads
from genai_stack.features.runs import store as records
from genai_stack.features.runs.control import RunControl
from genai_stack.features.runs.journal.event_stream import EventStream
from genai_stack.features.runs.journal.journal import Journal
from genai_stack.features.runs.node_context import NodeContexts
from genai_stack.features.runs.retention import Retention
from genai_stack.features.runs.start import RunStarter
from genai_stack.features.runs.worker import RunWorker
from genai_stack.features.workflows.duplication import Duplication
from genai_stack.infra.database.columns import now
from genai_stack.infra.database.database import Database
from genai_stack.infra.database.scope import Scope
from genai_stack.infra.egress.addresses import Upstreams
from genai_stack.infra.egress.client import Outbound
from genai_stack.infra.pubsub.local import LocalPubSub
from genai_stack.infra.pubsub.pubsub import PubSub
from genai_stack.infra.queue.in_process import InProcessQueue
from genai_stack.infra.queue.postgres import PostgresQueue
from genai_stack.infra.queue.queue import ConcurrencyLimits, Handler, QueueName
from genai_stack.infra.telemetry.lag import LagWatch
from genai_stack.infra.telemetry.page import MetricsPage, Standing, Waiting
from genai_stack.infra.telemetry.spans import Spans
from genai_stack.integrations.chat_models import ChatModels
from genai_stack.integrations.embedders import Embedders
from genai_stack.integrations.embedding.closeness import Closeness
from genai_stack.integrations.embedding.embedder import Embedder
from genai_stack.integrations.embedding.local import LocalEmbedder
from genai_stack.integrations.llm.retries import Deadlines
from genai_stack.integrations.vectors.chroma import ChromaIndex
from genai_stack.integrations.vectors.chroma_child import WORTH_FROM_VECTORS, ChromaChild
from genai_stack.integrations.vectors.chroma_url import ChromaUrl
from genai_stack.integrations.vectors.vector_store import VectorIndex

if TYPE_CHECKING:
    from genai_stack.infra.queue.postgres_worker import PostgresWorker


def days(days: float) -> timedelta | None:
    return timedelta(days=days) if days else None


def _limits(settings: Settings) -> dict[QueueName, ConcurrencyLimits]:
    return {
        "runs": ConcurrencyLimits(settings.max_running, settings.max_running_per_workspace),
        "ingestion": ConcurrencyLimits(settings.max_ingesting, settings.max_ingesting * 8),
    }


async def build(settings: Settings, stack: AsyncExitStack, *, private_upstreams: bool) -> Dependencies:
    """Everything that a process is made of, started in order; the stack takes it down in reverse order."""
    if settings.is_distributed and not (settings.database_url or "").startswith("postgres"):
        raise CannotStart(
            "Distributed dispatch needs PostgreSQL: set GENAI_STACK_DATABASE_URL to postgresql://…, or leave "
            "GENAI_STACK_DISPATCH out."
        )
    stack.enter_context(bootstrap.own_folder(settings))
    secrets = bootstrap.secrets_of_all(settings)
    database = bootstrap.open_database(settings)
    stack.push_async_callback(database.close)
    await bootstrap.prepare(database, example_wanted=settings.example)
    async with database.write() as session:
        await credentials.bind_all(session, secrets)

    pubsub, job_queue = _queue(settings, database, stack)
    outbound = Outbound(
        Upstreams(private_allowed=private_upstreams, allowed_hosts=frozenset(settings.allowed_upstreams))
    )
    local_embedder = LocalEmbedder()
    closeness = Closeness(local_embedder)
    embedders = Embedders(outbound, local_embedder)
    stack.push_async_callback(embedders.close)
    models = ChatModels(outbound, compare_texts=closeness)
    stack.push_async_callback(models.close)

    async def open_embedder(scope: Scope, choice: EmbedderChoice, fingerprint: str | None) -> Embedder:
        key = None
        if choice.credential_id is not None:
            async with database.read() as session:
                key = credentials.open_key(secrets, await credentials.get(session, scope, choice.credential_id))
        return embedders.open(choice.provider, choice.model, key, choice.base_url, fingerprint)

    vectors = _vector_index(settings, database)
    stack.push_async_callback(vectors.close)
    index = Index(database, vectors)
    stack.push_async_callback(index.close)
    search = Search(database, index, ExactSearch(database), open_embedder, closeness)

    journal = Journal(database, pubsub)
    journal.start()
    stack.push_async_callback(journal.close)
    catalog = Catalog.of(nodes)
    node_contexts = NodeContexts(database, secrets, models, search, _deadlines(settings))
    run_worker = RunWorker(database, journal, catalog, node_contexts, _spans(settings, stack))
    ingestion = Ingestion(database, index, open_embedder)
    deletion = Deletion(database, job_queue, index)
    stack.push_async_callback(deletion.close)
    handlers: dict[QueueName, Handler] = {"runs": run_worker.work, "ingestion": ingestion.work}
    for queue, handler in handlers.items():
        job_queue.serve(queue, handler)
    control = RunControl(database, job_queue, most_waiting=settings.max_queued)
    retention = Retention(
        database, keep_deltas=days(settings.keep_deltas_days), keep_runs=days(settings.keep_runs_days)
    )
    uploads = Uploads(database, job_queue, deletion, largest=settings.max_upload_bytes)
    return Dependencies(
        database=database,
        secrets=secrets,
        pubsub=pubsub,
        jobs=QueueDependencies(job_queue, handlers),
        catalog=catalog,
        models=models,
        knowledge=KnowledgeDependencies(index, search, ingestion, uploads, deletion, DocumentPages(database)),
        duplication=Duplication(database, Copies(database, job_queue, deletion, index)),
        runs=RunDependencies(
            control, RunStarter(database, catalog, control, pubsub), EventStream(database, journal, pubsub), retention
        ),
        access_rules=_access_rules(settings),
        limits=_request_limits(settings),
        process=ProcessState(settings, database, index, pubsub),
        metrics=_metrics(database, stack),
    )


def _request_limits(settings: Settings) -> RequestLimits:
    graph = Limits(
        nodes=settings.max_nodes,
        edges=settings.max_edges,
        depth=settings.max_graph_depth,
        size=settings.max_graph_bytes,
    )
    return RequestLimits(graph, settings.max_frame_bytes, settings.max_sockets, settings.slow_reader_seconds)


def _access_rules(settings: Settings) -> AccessRules:
    return AccessRules(
        settings.token,
        frozenset(name.lower() for name in settings.allowed_hosts or LOCAL),
        frozenset(name.lower().rstrip("/") for name in settings.allowed_origins or LOCAL),
    )


def _queue(
    settings: Settings, database: Database, stack: AsyncExitStack
) -> tuple[PubSub, InProcessQueue | PostgresQueue]:
    limits = _limits(settings)
    if not settings.is_distributed:
        return LocalPubSub(), InProcessQueue(limits)
    from genai_stack.infra.pubsub.postgres import PostgresPubSub  # noqa: PLC0415 (its driver takes ten megabytes)

    pubsub = PostgresPubSub(database)
    pubsub.start()
    stack.push_async_callback(pubsub.close)
    return pubsub, PostgresQueue(database, {queue: limit.workspace for queue, limit in limits.items()})


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
    if settings.chroma_url:
        return ChromaIndex(ChromaUrl(settings.chroma_url))
    worth_from = 0 if settings.vectors == "chroma" else WORTH_FROM_VECTORS
    return ChromaIndex(ChromaChild(settings.data / "chroma", worth_from=worth_from))


def _deadlines(settings: Settings) -> Deadlines:
    return Deadlines(
        connect=settings.connect_seconds,
        first_token=settings.first_token_seconds,
        between_tokens=settings.between_tokens_seconds,
        total=settings.total_seconds,
    )


def _spans(settings: Settings, stack: AsyncExitStack) -> Spans | None:
    """None while no collector is configured: then nothing of OpenTelemetry's SDK is even imported."""
    if not settings.otlp_endpoint:
        return None
    from genai_stack.infra.telemetry.otlp import Collector  # noqa: PLC0415 (a tenth of a second and ten megabytes)

    collector = Collector(settings.otlp_endpoint)
    stack.push_async_callback(collector.close)
    return collector


def _metrics(database: Database, stack: AsyncExitStack) -> MetricsPage:
    async def standing() -> Standing:
        unended, (in_work, oldest) = await database.run_read(
            lambda read: (records.unended(read), documents.in_work(read))
        )
        queued, since = unended.get("queued", (0, None))
        queues = {"runs": Waiting(queued, _age(since)), "ingestion": Waiting(in_work, _age(oldest))}
        return Standing({status: unended.get(status, (0, None))[0] for status in records.UNENDED_STATUSES}, queues)

    stack.callback(LagWatch().start().close)
    return MetricsPage(standing, database.connections)


def _age(since: datetime | None) -> float:
    return 0.0 if since is None else max(0.0, (now() - since).total_seconds())


def queue_worker(settings: Settings, deps: Dependencies) -> "PostgresWorker":
    """The worker of one process of many."""
    from genai_stack.infra.queue.postgres_worker import PostgresWorker  # noqa: PLC0415 (takes a quarter of a second)

    worker = PostgresWorker(deps.database.conninfo, _limits(settings))
    for queue, handler in deps.jobs.handlers.items():
        worker.serve(queue, handler)
    return worker
