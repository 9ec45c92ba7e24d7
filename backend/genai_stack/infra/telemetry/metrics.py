"""Every metric, and the verbs that count it; docs/metrics.md says what each one means.

Nothing is counted for each token or event: only at the end of requests, runs, nodes, calls and commits.
"""

from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from time import perf_counter
from typing import Final, Generic, Literal, TypeVar

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    Info,
    ProcessCollector,
    disable_created_metrics,
)

from genai_stack import __version__
from genai_stack.errors import Refused, StackError

disable_created_metrics()  # a second series for each, that nobody asks for

REGISTRY: Final = CollectorRegistry()
MOST_MODELS: Final = 100  # models that are told apart: their names are people's own
OTHER: Final = "other"
METHODS: Final = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))

QUICK: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)  # seconds
LONG: Final = (0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 900.0)  # seconds
MANY: Final = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000)

M = TypeVar("M", Counter, Gauge, Histogram)


class _By(dict[tuple[str, ...], M], Generic[M]):
    """A metric's children by their labels' values, bound at first use."""

    def __init__(self, metric: M) -> None:
        self.metric = metric

    def __missing__(self, values: tuple[str, ...]) -> M:
        child = self[values] = self.metric.labels(*values)
        return child


def _counter(name: str, says: str, *labels: str) -> Counter:
    return Counter(name, says, labels, registry=REGISTRY)


def _gauge(name: str, says: str, *labels: str) -> Gauge:
    return Gauge(name, says, labels, registry=REGISTRY)


def _histogram(name: str, says: str, *labels: str, buckets: tuple[float, ...] = QUICK) -> Histogram:
    return Histogram(name, says, labels, registry=REGISTRY, buckets=buckets)


ProcessCollector(registry=REGISTRY)
Info("genai_stack", "This program.", registry=REGISTRY).info({"version": __version__})

_requests = _By(_counter("http_requests_total", "Requests that were answered.", "method", "route", "status"))
_request_seconds = _By(
    _histogram(
        "http_request_duration_seconds",
        "Seconds until a request was answered whole; until it began to be, where events are streamed.",
        "method",
        "route",
        buckets=LONG,
    )
)
_in_progress = _gauge("http_requests_in_progress", "Requests that are being answered.")
_sockets = _By(_gauge("genai_stack_sockets", "Sockets that are open.", "kind"))
_slow_readers = _By(_counter("genai_stack_slow_readers_total", "Sockets closed for reading too slowly.", "kind"))

_runs_begun = _By(_counter("genai_stack_runs_started_total", "Attempts at runs that began.", "attempt"))
_runs_ended = _By(_counter("genai_stack_runs_ended_total", "Runs that ended.", "status"))
_runs_fenced = _counter("genai_stack_runs_fenced_total", "Attempts that were stopped because another one owns the run.")
_run_seconds = _By(
    _histogram("genai_stack_run_duration_seconds", "Seconds from a run's start to its end.", "status", buckets=LONG)
)
_run_wait = _histogram("genai_stack_run_wait_seconds", "Seconds that a run waited for its start.")
_node_seconds = _By(
    _histogram("genai_stack_node_duration_seconds", "Seconds of a node.", "type", "outcome", buckets=LONG)
)

_calls = _By(_counter("genai_stack_model_calls_total", "Calls of chat models that ended.", "provider", "outcome"))
_retries = _By(_counter("genai_stack_model_retries_total", "Attempts at a call after the first.", "provider"))
_call_seconds = _By(
    _histogram("genai_stack_model_call_duration_seconds", "Seconds of a whole call.", "provider", "model", buckets=LONG)
)
_first_token = _By(
    _histogram("genai_stack_model_first_token_seconds", "Seconds to a call's first token.", "provider", "model")
)
_tokens = _By(_counter("genai_stack_tokens_total", "Tokens, as providers count them.", "provider", "model", "kind"))

_retrieval = _By(_histogram("genai_stack_retrieval_duration_seconds", "Seconds of a search for passages.", "source"))
_documents = _By(_counter("genai_stack_documents_total", "Documents whose ingestion ended.", "outcome"))
_ingestion = _By(
    _histogram("genai_stack_ingestion_duration_seconds", "Seconds of an ingestion.", "outcome", buckets=LONG)
)
_passages = _counter("genai_stack_passages_total", "Passages of documents that became ready.")

_commit_seconds = _histogram("genai_stack_journal_commit_duration_seconds", "Seconds of a commit of the journal.")
_commit_events = _histogram("genai_stack_journal_commit_events", "Events in a commit of the journal.", buckets=MANY)
_commit_failures = _counter("genai_stack_journal_failures_total", "Commits of the journal that failed.")

_spans = _By(_counter("genai_stack_spans_total", "Spans that were handed to the collector.", "outcome"))
_lag = _histogram("genai_stack_event_loop_lag_seconds", "Seconds by which a timer of the event loop was late.")

# Read when they are asked for (see `page`).
database_up = _gauge("genai_stack_database_up", "Whether the database answered when this page was made.")
runs = _gauge("genai_stack_runs", "Runs that have not ended, in all processes.", "state")
queue_depth = _gauge("genai_stack_queue_depth", "Jobs that wait, in all processes.", "queue")
queue_age = _gauge("genai_stack_queue_oldest_seconds", "Age of the oldest job that waits.", "queue")
connections = _gauge("genai_stack_database_connections", "Connections to the database in use.", "pool")
most_connections = _gauge("genai_stack_database_connections_max", "Connections that a pool may have.", "pool")


def _known() -> None:
    """What is known beforehand is shown from the start, as 0: a first failure is then a rise."""
    for kind in ("chat", "run"):
        _ = _sockets[(kind,)], _slow_readers[(kind,)]
    for status in ("succeeded", "failed", "cancelled"):
        _ = _runs_ended[(status,)], _run_seconds[(status,)]
    for attempt in ("first", "again"):
        _ = _runs_begun[(attempt,)]
    for outcome in ("ready", "failed", "deleted"):
        _ = _documents[(outcome,)]
    for outcome in ("sent", "lost"):
        _ = _spans[(outcome,)]


_known()


class Models:
    """Names of models as labels: the first ones as they are, later ones all alike."""

    def __init__(self, most: int = MOST_MODELS) -> None:
        self._most = most
        self._seen: set[str] = set()

    def label(self, model: str) -> str:
        if model in self._seen:
            return model
        if len(self._seen) >= self._most:
            return OTHER
        self._seen.add(model)
        return model


models = Models()


def request_began() -> None:
    _in_progress.inc()


def request_ended(method: str, route: str, status: int, seconds: float) -> None:
    """`route` is a template, never a path as it was asked for."""
    method = method if method in METHODS else OTHER
    _in_progress.dec()
    _requests[method, route, str(status)].inc()
    _request_seconds[method, route].observe(seconds)


@contextmanager
def socket_open(kind: Literal["chat", "run"]) -> Generator[None]:
    counted = _sockets[(kind,)]
    counted.inc()
    try:
        yield
    finally:
        counted.dec()


def slow_reader_closed(kind: Literal["chat", "run"]) -> None:
    _slow_readers[(kind,)].inc()


def run_began(waited: float | None) -> None:
    """`waited` is None where an earlier attempt began it already."""
    _runs_begun["again" if waited is None else "first",].inc()
    if waited is not None:
        _run_wait.observe(max(waited, 0.0))


def run_ended(status: str, seconds: float) -> None:
    _runs_ended[(status,)].inc()
    _run_seconds[(status,)].observe(seconds)


def run_fenced() -> None:
    _runs_fenced.inc()


def node_ended(kind: str, outcome: Literal["finished", "failed"], milliseconds: float) -> None:
    _node_seconds[kind, outcome].observe(milliseconds / 1000)


def model_retried(provider: str) -> None:
    _retries[(provider,)].inc()


def model_began_to_answer(provider: str, model: str, seconds: float) -> None:
    _first_token[provider, models.label(model)].observe(seconds)


def model_call_ended(provider: str, model: str, outcome: str, seconds: float, prompt: int, completion: int) -> None:
    """`prompt` and `completion` are in tokens."""
    name = models.label(model)
    _calls[provider, outcome].inc()
    _call_seconds[provider, name].observe(seconds)
    if prompt:
        _tokens[provider, name, "prompt"].inc(prompt)
    if completion:
        _tokens[provider, name, "completion"].inc(completion)


class Retrieval:
    """A search, timed; whoever searches says where it looked."""

    def __init__(self) -> None:
        self.source: Literal["index", "sql", "nothing"] = "nothing"

    def __enter__(self) -> "Retrieval":
        self._began = perf_counter()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        source = self.source if error is None else "refused" if isinstance(error, Refused) else "failed"
        _retrieval[(source,)].observe(perf_counter() - self._began)


def document_ended(outcome: Literal["ready", "failed", "deleted"], seconds: float, passages: int = 0) -> None:
    _documents[(outcome,)].inc()
    _ingestion[(outcome,)].observe(seconds)
    _passages.inc(passages)


def journal_committed(seconds: float, events: int) -> None:
    _commit_seconds.observe(seconds)
    _commit_events.observe(events)


def journal_failed() -> None:
    _commit_failures.inc()


def spans_ended(outcome: Literal["sent", "lost"], count: int) -> None:
    _spans[(outcome,)].inc(count)


def loop_lagged(seconds: float) -> None:
    _lag.observe(seconds)


def outcome_of(error: BaseException | None) -> str:
    """How something ended, in a word of a closed set."""
    if error is None:
        return "succeeded"
    if isinstance(error, StackError):
        return error.code.lower()
    return "crashed" if isinstance(error, Exception) else "cancelled"


def tell(gauge: Gauge, values: Mapping[str, float]) -> None:
    """Exactly these: what is not among them is not shown."""
    gauge.clear()
    for name, value in values.items():
        gauge.labels(name).set(value)


Connections = Callable[[], Mapping[str, tuple[int, int]]]
"""By pool: connections in use, and how many there may be."""
