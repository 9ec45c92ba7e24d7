"""Server-sent events out of bytes that arrive in any pieces."""

from typing import NamedTuple


class LineTooLongError(Exception):
    """More bytes than an event may hold came without an end of line, or without an end of the event."""


class ServerSentEvent(NamedTuple):
    """`type` is empty where the server names none."""

    type: bytes
    data: bytes


class EventSplitter:
    """`feed` gives each event that is complete: https://html.spec.whatwg.org/#parsing-an-event-stream.

    Lines end with LF, CR LF or CR. Ids, retry times and comments are passed over. `limit` is in bytes, of one event.
    A line that is a JSON object is an event, too: servers that fail amid a stream leave out `data:`.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._pieces: list[bytes] = []  # of a line whose end has not come
        self._held = 0
        self._type = b""
        self._data: list[bytes] = []  # lines of an event whose end has not come
        self._size = 0
        self._after_cr = False
        self._started = False

    def feed(self, chunk: bytes) -> list[ServerSentEvent]:
        lines = self._with_line_feeds(chunk).split(b"\n")
        rest = lines.pop()
        if self._pieces and lines:
            self._pieces.append(lines[0])
            lines[0] = b"".join(self._pieces)
            self._pieces.clear()
            self._held = 0
        if rest:
            self._pieces.append(rest)
            self._held += len(rest)
            if self._held > self._limit:
                raise LineTooLongError
        return self._events(lines)

    def end(self) -> list[ServerSentEvent]:
        """What the stream's end completes: some servers leave out the last empty line."""
        lines = [b"".join(self._pieces), b""]
        self._pieces.clear()
        return self._events(lines)

    def _with_line_feeds(self, chunk: bytes) -> bytes:
        """A CR ends a line by itself; the LF that follows it, perhaps in the next chunk, belongs to it."""
        if self._after_cr and chunk.startswith(b"\n"):
            chunk = chunk[1:]
        if chunk:
            self._after_cr = chunk.endswith(b"\r")
        return chunk.replace(b"\r\n", b"\n").replace(b"\r", b"\n") if b"\r" in chunk else chunk

    def _events(self, lines: list[bytes]) -> list[ServerSentEvent]:
        complete: list[ServerSentEvent] = []
        if lines and not self._started:
            self._started = True
            lines[0] = lines[0].removeprefix(b"\xef\xbb\xbf")
        for line in lines:
            if line.startswith(b"data:"):
                self._data.append(line[5:])
                self._size += len(line)
                if self._size > self._limit:
                    raise LineTooLongError
            elif line.startswith(b"event:"):
                self._type = line[6:].strip()
            elif line.startswith(b'{"') and line.rstrip().endswith(b"}"):
                complete.append(ServerSentEvent(self._type, line.strip()))
            elif not line:
                if self._data and (data := b"\n".join(self._data).strip()):
                    complete.append(ServerSentEvent(self._type, data))
                self._type, self._size = b"", 0
                self._data.clear()
        return complete
