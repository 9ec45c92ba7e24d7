"""Server-sent events out of bytes that arrive in any pieces, within limits for each event and for their number."""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

EVENT_BYTES: Final = 1024 * 1024
EVENT_LINES: Final = 64
MOST_EVENTS: Final = 200_000
LARGE_EVENT_BYTES: Final = 64 * 1024
LARGE_EVENT_VALUES: Final = 20_000
_JSON_TEXT: Final = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)  # possessive: hostile text costs no more


class OversizedStreamError(Exception):
    """A stream beyond its limits; the message is a sentence's end, as in "The server sent …"."""


class ServerSentEvent(NamedTuple):
    """`type` is empty where the server names none."""

    type: bytes
    data: bytes

    def encoded(self) -> bytes:
        named = b"event: %s\n" % self.type if self.type else b""
        return b"%sdata: %s\n\n" % (named, self.data.replace(b"\n", b"\ndata: "))


class EventSplitter:
    """`feed` gives each event that is complete, as it is iterated over, which must be to its end.

    https://html.spec.whatwg.org/#parsing-an-event-stream tells how events are read.

    Lines end with LF, CR LF or CR. Ids, retry times and comments are passed over. A line that is a JSON object is an
    event, too: servers that fail amid a stream leave out `data:`. Raises OversizedStreamError past `limit`, the bytes
    of one event, and past the other limits of this module.
    """

    def __init__(self, limit: int = EVENT_BYTES) -> None:
        self._limit = limit
        self._line = bytearray()  # whose end has not come
        self._type = b""
        self._data: list[bytes] = []  # lines of an event whose end has not come
        self._size = self._lines = self._events_seen = 0
        self._after_cr = False
        self._started = False

    def feed(self, chunk: bytes) -> Iterator[ServerSentEvent]:
        lines = self._with_line_feeds(chunk).split(b"\n")
        rest = lines.pop()
        if self._line and lines:
            lines[0] = bytes(self._line + lines[0])
            self._line.clear()
        yield from self._events(lines)
        self._line += rest
        if len(self._line) > self._limit:
            raise self._too_long()

    def end(self) -> Iterator[ServerSentEvent]:
        """What the stream's end completes: some servers leave out the last empty line."""
        lines = [bytes(self._line), b""]
        self._line.clear()
        return self._events(lines)

    def _with_line_feeds(self, chunk: bytes) -> bytes:
        """A CR ends a line by itself; the LF that follows it, perhaps in the next chunk, belongs to it."""
        if self._after_cr and chunk.startswith(b"\n"):
            chunk = chunk[1:]
        if chunk:
            self._after_cr = chunk.endswith(b"\r")
        return chunk.replace(b"\r\n", b"\n").replace(b"\r", b"\n") if b"\r" in chunk else chunk

    def _events(self, lines: list[bytes]) -> Iterator[ServerSentEvent]:
        if lines and not self._started:
            self._started = True
            lines[0] = lines[0].removeprefix(b"\xef\xbb\xbf")
        for line in lines:
            if not line:
                if self._data and (data := b"\n".join(self._data).strip()):
                    yield from checked(self._type, data)
                self._end_event()
            elif not line.startswith(b":"):
                self._count(line)
                if line.startswith(b"data:"):
                    self._data.append(line[5:])
                elif line.startswith(b"event:"):
                    self._type = line[6:].strip()
                elif line.startswith(b'{"') and line.rstrip().endswith(b"}"):
                    yield from checked(self._type, line.strip())

    def _count(self, line: bytes) -> None:
        self._lines += 1
        self._size += len(line)
        if self._size > self._limit:
            raise self._too_long()
        if self._lines > EVENT_LINES:
            raise OversizedStreamError(f"an event of more than {EVENT_LINES} lines")

    def _end_event(self) -> None:
        self._events_seen += 1
        if self._events_seen > MOST_EVENTS:
            raise OversizedStreamError(f"more than {MOST_EVENTS:,} events in one answer")
        self._type = b""
        self._size = self._lines = 0
        self._data.clear()

    def _too_long(self) -> OversizedStreamError:
        return OversizedStreamError(f"an event of more than {self._limit:,} bytes")


def checked(type_: bytes, data: bytes) -> Iterator[ServerSentEvent]:
    """One event, unless it is large and holds more values than are parsed on the loop."""
    if len(data) > LARGE_EVENT_BYTES and _values(data) > LARGE_EVENT_VALUES:
        raise OversizedStreamError(f"an event of more than {LARGE_EVENT_VALUES:,} values")
    yield ServerSentEvent(type_, data)


def _values(data: bytes) -> int:
    """About how many values a JSON text holds; those within its strings do not count."""
    bare = _JSON_TEXT.sub(b"", data)
    return sum(bare.count(sign) for sign in (b",", b"[", b"{"))
