"""Spans by OpenTelemetry, sent to a collector over OTLP (HTTP, protobuf) from a thread of its own."""

import asyncio
import logging
import os
import socket
import threading
from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import urlsplit
from uuid import UUID

import structlog
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.semconv.attributes.error_attributes import ERROR_TYPE
from opentelemetry.semconv.attributes.service_attributes import SERVICE_NAME, SERVICE_VERSION

from genai_stack import __version__
from genai_stack.errors import CannotStart
from genai_stack.infra.telemetry import metrics
from genai_stack.infra.telemetry.redaction import Redactor
from genai_stack.infra.telemetry.spans import Value

PATH: Final = "/v1/traces"
EVERY: Final = 1000  # milliseconds between two batches
MOST: Final = 4096  # spans that wait for the collector; further ones are lost
TIMEOUT: Final = 5.0  # seconds for a batch, with its retries
LAST: Final = 2.0  # seconds that the end of the process waits for the last batch
LONGEST: Final = 300  # characters of an error's message

log = structlog.get_logger(__name__)


class OtlpSpan:
    """One span of OpenTelemetry. Its parent is named outright: a node may go on in another node's task."""

    __slots__ = ("_redactor", "_span", "_tracer")

    def __init__(self, tracer: trace.Tracer, span: trace.Span, redactor: Redactor) -> None:
        self._tracer, self._span, self._redactor = tracer, span, redactor

    def child(self, name: str, attributes: Mapping[str, Value], *, calls_out: bool = False) -> "OtlpSpan":
        kind = trace.SpanKind.CLIENT if calls_out else trace.SpanKind.INTERNAL
        within = trace.set_span_in_context(self._span, Context())
        begun = self._tracer.start_span(name, within, kind, attributes)
        return OtlpSpan(self._tracer, begun, self._redactor)

    def note(self, attributes: Mapping[str, Value]) -> None:
        self._span.set_attributes(attributes)

    def event(self, name: str) -> None:
        self._span.add_event(name)

    def fail(self, kind: str, message: str) -> None:
        self._span.set_attribute(ERROR_TYPE, kind)
        self._span.set_status(trace.StatusCode.ERROR, self._redactor.text(message)[:LONGEST])

    def end(self) -> None:
        self._span.end()


class Collector:
    """The collector at an endpoint such as http://collector:4318. While it is away, spans are lost and nothing else."""

    def __init__(self, endpoint: str) -> None:
        exporter = _Watched(OTLPSpanExporter(endpoint=_address(endpoint), timeout=TIMEOUT))
        self._ids = _Ids()
        named = {
            SERVICE_NAME: "genai-stack",
            SERVICE_VERSION: __version__,
            "service.instance.id": f"{socket.gethostname()}:{os.getpid()}",
        }
        self._provider = TracerProvider(
            resource=Resource(named).merge(_from_environment()), id_generator=self._ids, shutdown_on_exit=False
        )
        self._provider.add_span_processor(BatchSpanProcessor(exporter, MOST, EVERY))
        self._tracer = self._provider.get_tracer("genai_stack", __version__)
        self._redactor = Redactor()

    def begin(self, name: str, trace_id: str, attributes: Mapping[str, Value]) -> OtlpSpan:
        self._ids.trace_id = UUID(trace_id).int
        begun = self._tracer.start_span(name, Context(), attributes=attributes)
        return OtlpSpan(self._tracer, begun, self._redactor)

    async def close(self) -> None:
        """What waits is sent; a collector that is away does not hold the process up."""
        ending = threading.Thread(target=self._provider.shutdown, daemon=True)
        ending.start()
        await asyncio.to_thread(ending.join, LAST)


class _Ids(RandomIdGenerator):
    """A run's trace has the run's own id, so that each is found by the other, whichever process goes on with it."""

    trace_id = 0

    def generate_trace_id(self) -> int:
        return self.trace_id or super().generate_trace_id()


class _Watched(SpanExporter):
    """Counts, and says once that a collector does not take spans, and once that it does again."""

    def __init__(self, exporter: OTLPSpanExporter) -> None:
        self._exporter = exporter
        self._away = False
        logging.getLogger("opentelemetry.exporter").setLevel(logging.CRITICAL)  # it tells each attempt

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        result = self._exporter.export(spans)
        sent = result is SpanExportResult.SUCCESS
        metrics.spans_ended("sent" if sent else "lost", len(spans))
        if sent == self._away:
            self._away = not sent
            if sent:
                log.info("spans.sent_again")
            else:
                log.warning("spans.lost", reason="The collector does not accept them. Runs are not affected.")
        return result

    def shutdown(self) -> None:
        self._exporter.shutdown()


def _address(endpoint: str) -> str:
    """The whole address; only its base may be given."""
    parts = urlsplit(endpoint)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise CannotStart("GENAI_STACK_OTLP_ENDPOINT is not an address: it looks like http://collector:4318.")
    return endpoint if parts.path.rstrip("/").endswith(PATH) else endpoint.rstrip("/") + PATH


def _from_environment() -> Resource:
    """What OTEL_RESOURCE_ATTRIBUTES and OTEL_SERVICE_NAME say wins."""
    named = dict(Resource.create().attributes)
    if str(named.get(SERVICE_NAME, "")).startswith("unknown_service"):
        del named[SERVICE_NAME]
    return Resource(named)
