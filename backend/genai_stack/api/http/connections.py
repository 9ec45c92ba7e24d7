"""uvicorn's protocols with limits on what a stranger may send before anybody is asked for a token."""

import asyncio
import resource
from collections import Counter
from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from typing import Any, Final
from uuid import uuid4

from httptools import HttpParserError
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.utils import get_remote_addr

from genai_stack.api.http import problems
from genai_stack.api.http.socket_frames import LimitedWebSocket

HEAD_BYTES: Final = 16 * 1024
HEAD_SECONDS: Final = 10.0
BODY_SILENCE_SECONDS: Final = 60.0
LINGER_SECONDS: Final = 2.0
PIPELINED_REQUESTS: Final = 8
_MOST_CONNECTIONS: Final = 65_536


class ConnectionLimits:
    """How many connections there may be, how long they may keep silent, and how many there are.

    One address gets three quarters of the places, if no number is given: a reverse proxy is one address, too.
    """

    def __init__(
        self,
        total: int,
        per_address: int | None = None,
        *,
        head_seconds: float = HEAD_SECONDS,
        body_silence_seconds: float = BODY_SILENCE_SECONDS,
    ) -> None:
        self.total = total
        self.per_address = per_address or max(1, total * 3 // 4)
        self.head_seconds, self.body_silence_seconds = head_seconds, body_silence_seconds
        self._open: Counter[str] = Counter()
        self._total_open = 0

    def take(self, address: str) -> bool:
        """Whether there is a place; one that was taken is given back by `free`."""
        if self._total_open >= self.total or self._open[address] >= self.per_address:
            return False
        self._open[address] += 1
        self._total_open += 1
        return True

    def free(self, address: str) -> None:
        self._total_open -= 1
        self._open[address] -= 1
        if not self._open[address]:
            del self._open[address]


def most_connections() -> int:
    """Three quarters of the descriptors that this process may open; what it may open is raised as far as it goes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _MOST_CONNECTIONS if hard == resource.RLIM_INFINITY else min(hard, _MOST_CONNECTIONS)
    if soft == resource.RLIM_INFINITY:
        return _MOST_CONNECTIONS
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return max(soft, wanted) * 3 // 4


def http_protocol(limits: ConnectionLimits) -> Callable[..., asyncio.Protocol]:
    return partial(LimitedHttp, limits=limits)


class LimitedHttp(HttpToolsProtocol):
    """A head of 16 KiB at most and complete in time, a body that keeps coming, and one place per connection."""

    def __init__(self, *args: Any, limits: ConnectionLimits, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._limits = limits
        self._address: str | None = None  # whose place is taken
        self._awaits_head = True
        self._head_bytes = 0  # of names and values that were read
        self._unparsed = 0  # bytes that came since a head, or a piece of a body, was complete
        self._refused = False
        self._timer: asyncio.TimerHandle | None = None
        self._heard_at = 0.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        client = get_remote_addr(transport)
        address = client[0] if client else ""
        if not self._limits.take(address):
            self._refuse(
                503, "TOO_MANY_CONNECTIONS", "The server has reached its limit of connections. Try again soon."
            )
            return
        self._address = address
        self.ws_protocol_class = partial(LimitedWebSocket, free=self._free)  # type: ignore[assignment]
        self._watch(self._limits.head_seconds)

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._unwatch()
        self._free()

    def handle_websocket_upgrade(self) -> None:
        self._unwatch()
        super().handle_websocket_upgrade()

    def data_received(self, data: bytes) -> None:
        if self._refused:
            return  # what else comes while the connection is closed
        self._unparsed += len(data)
        self._heard_at = self.loop.time()
        super().data_received(data)
        if self._unparsed > HEAD_BYTES and not self._refused:
            self._refuse_head()
        elif self._awaits_head and self._unparsed and self._timer is None and not self._refused:
            self._watch(self._limits.head_seconds)

    def on_message_begin(self) -> None:
        self._head_bytes = 0
        self._unparsed = max(self._unparsed, 1)  # it may begin at the end of a piece that was counted already
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._count(len(name) + len(value) + len(b": \r\n"))
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        if len(self.pipeline) >= PIPELINED_REQUESTS:
            raise HttpParserError("too many requests before the first was answered")
        self._awaits_head, self._unparsed = False, 0
        self._unwatch()
        super().on_headers_complete()
        self._watch(self._limits.body_silence_seconds)

    def on_body(self, body: bytes) -> None:
        self._unparsed = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._awaits_head, self._unparsed = True, 0
        self._unwatch()
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        if not self._refused:
            self._refuse(400, "MALFORMED_REQUEST", "This is not a valid HTTP/1.1 request.")

    def _count(self, size: int) -> None:
        self._head_bytes += size
        if self._head_bytes > HEAD_BYTES:
            self._refuse_head()
            raise HttpParserError("too large a head")

    def _refuse_head(self) -> None:
        limit = f"{HEAD_BYTES // 1024} KiB"
        self._refuse(431, "HEADERS_TOO_LARGE", f"The request's address and headers exceed {limit}. Send fewer headers.")

    def _refuse(self, status: int, code: str, detail: str) -> None:
        """Answers, unless an earlier answer is on its way, and closes."""
        self._refused = True
        self._unwatch()
        if self._is_answering():
            self.transport.close()
            return
        self.transport.write(_raw_response(status, code, detail))
        if self._address is None:
            self.transport.close()
        else:  # closed while bytes come, the connection would be reset and the answer lost
            self.transport.write_eof()
            self._timer = self.loop.call_later(LINGER_SECONDS, self.transport.close)

    def _is_answering(self) -> bool:
        return bool(self.cycle) and not self.cycle.response_complete

    def _watch(self, seconds: float) -> None:
        self._timer = self.loop.call_later(seconds, self._look)

    def _unwatch(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self) -> None:
        self._timer = None
        if self._awaits_head:
            self._look_for_head()
            return
        now = self.loop.time()
        if self.flow.read_paused:
            self._heard_at = now  # it is the application that pauses
        wait = self._heard_at + self._limits.body_silence_seconds - now
        if wait > 0:
            self._watch(wait)
        else:
            self.transport.close()

    def _look_for_head(self) -> None:
        if self._is_answering():  # the next request may wait for its turn
            self._watch(self._limits.head_seconds)
        elif self._unparsed:
            self._refuse(408, "REQUEST_TIMEOUT", "The request's headers took too long to arrive. Send it again.")
        else:
            self.transport.close()

    def _free(self) -> None:
        if self._address is not None:
            self._limits.free(self._address)
            self._address = None


def _raw_response(status: int, code: str, detail: str) -> bytes:
    retry = {"retry-after": "5"} if status == 503 else None
    response = problems.problem(status, code, detail, uuid4().hex, headers=retry)
    first = f"HTTP/1.1 {status} {HTTPStatus(status).phrase}".encode()
    headers = [name + b": " + value for name, value in response.raw_headers]
    return b"\r\n".join([first, *headers, b"connection: close", b"", bytes(response.body)])
