"""Server-sent events out of bytes that arrive in any pieces."""


class LineTooLongError(Exception):
    """More bytes than an event may hold came without an end of line, or without an end of the event."""


class EventSplitter:
    """`feed` gives the data of each event that is complete: https://html.spec.whatwg.org/#parsing-an-event-stream.

    Only `data` lines matter to model servers, so other fields and comments are passed over. `limit` is in bytes.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._pieces: list[bytes] = []  # of a line whose end has not come
        self._held = 0
        self._event: bytes | None = None
        self._started = False

    def feed(self, chunk: bytes) -> list[bytes]:
        lines = chunk.split(b"\n")
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

    def end(self) -> list[bytes]:
        """What the stream's end completes: some servers leave out the last empty line."""
        lines = [b"".join(self._pieces), b""]
        self._pieces.clear()
        return self._events(lines)

    def _events(self, lines: list[bytes]) -> list[bytes]:
        complete: list[bytes] = []
        event = self._event
        if lines and not self._started:
            self._started = True
            lines[0] = lines[0].removeprefix(b"\xef\xbb\xbf")
        for line in lines:
            if line.startswith(b"data:"):
                piece = line[5:]
                event = piece if event is None else event + b"\n" + piece
                if len(event) > self._limit:
                    raise LineTooLongError
            elif event is not None and (not line or line == b"\r"):
                if event := event.strip():
                    complete.append(event)
                event = None
        self._event = event
        return complete
