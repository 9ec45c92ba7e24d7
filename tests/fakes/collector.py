"""A fake OpenTelemetry collector: takes spans over OTLP (HTTP, protobuf) and keeps them."""

import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from uuid import UUID

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

OK, ERROR = 1, 2


@dataclass(frozen=True)
class Told:
    """A span as it came. `trace` is its trace's id, written as a UUID."""

    name: str
    id: bytes
    parent: bytes
    trace: str
    attributes: dict[str, Any]
    status: int
    message: str
    events: list[str]
    began: int
    ended: int


class Collector:
    """Answers each batch with `status`."""

    def __init__(self, status: int = 200) -> None:
        self.status = status
        self.raw = b""
        self.paths: set[str] = set()
        self.resource: dict[str, Any] = {}
        self.spans: list[Told] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._answering())
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def of(self, run_id: str) -> list[Told]:
        return [span for span in self.spans if span.trace == run_id]

    def has(self, run_id: str, ended: int = 1) -> bool:
        """Whether so many attempts at a run have come whole: the run's own span ends last."""
        return sum(not span.parent for span in self.of(run_id)) >= ended

    def tree(self, run_id: str) -> dict[str, Any]:
        """Names within names, in the order in which they began."""
        return self._below(self.of(run_id), b"")

    def _below(self, spans: list[Told], parent: bytes) -> dict[str, Any]:
        children = sorted((span for span in spans if span.parent == parent), key=lambda span: span.began)
        return {span.name: self._below(spans, span.id) for span in children}

    def _take(self, path: str, body: bytes) -> None:
        self.raw += body
        self.paths.add(path)
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            self.resource = _plain(resource.resource.attributes)
            for scope in resource.scope_spans:
                self.spans += [_told(span) for span in scope.spans]

    def _answering(self) -> type[BaseHTTPRequestHandler]:
        collector = self

        class Answering(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                if collector.status == 200:
                    assert self.headers["content-type"] == "application/x-protobuf"
                    collector._take(self.path, body)
                self.send_response(collector.status)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (its name there)
                return

        return Answering


def _told(span: Any) -> Told:
    return Told(
        span.name,
        span.span_id,
        span.parent_span_id,
        str(UUID(bytes=span.trace_id)),
        _plain(span.attributes),
        span.status.code,
        span.status.message,
        [event.name for event in span.events],
        span.start_time_unix_nano,
        span.end_time_unix_nano,
    )


def _plain(attributes: Any) -> dict[str, Any]:
    return {one.key: getattr(one.value, one.value.WhichOneof("value")) for one in attributes}
