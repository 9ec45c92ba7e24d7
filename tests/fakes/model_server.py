"""What the fake model servers share: raw HTTP, pacing, and the failures that words in the last message ask for.

FAIL500 (any FAILnnn), HANG before headers, HANGMID and DROP in the middle, NOANSWER (closed before headers), GARBAGE,
HTML, HUGELINE, REDIRECT, ERRORMID (an error inside the stream), SURROGATE, EMPTY. `FAIL500x2` fails the first two times
only. THINK makes the answer begin with reasoning. The key `bad-key` is refused everywhere, and repeated in the refusal.
"""

import argparse
import asyncio
import contextlib
import hashlib
import json
import math
import re
import time
from collections import Counter
from typing import Any, NamedTuple, Self

Json = dict[str, Any]
DIMENSIONS = 384
BAD_KEY = "bad-key"
HUGE_LINE_BYTES = 100 * 1024 * 1024
_WORDS = re.compile(
    r"\b(FAIL\d{3}|HANGMID|HANG|DROP|NOANSWER|GARBAGE|HTML|HUGELINE|REDIRECT|ERRORMID|SURROGATE|EMPTY)(?:x(\d+))?\b"
)
_STREAM_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"


class Gone(Exception):
    """The client has closed its connection."""


class Request(NamedTuple):
    method: str
    path: str
    headers: dict[str, str]
    body: Json


def chunked(part: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(part), part)


def plain(status: int, body: object, headers: str = "") -> bytes:
    sent = body if isinstance(body, bytes) else json.dumps(body).encode()
    kind = "text/html" if isinstance(body, bytes) else "application/json"
    return (
        f"HTTP/1.1 {status} X\r\ncontent-type: {kind}\r\ncontent-length: {len(sent)}\r\n{headers}\r\n".encode() + sent
    )


def embedding(text: str) -> list[float]:
    """A function of the text's words alone."""
    vector = [0.0] * DIMENSIONS
    for word in text.lower().split():
        digest = hashlib.blake2b(word.strip(".,;:!?()\"'").encode("utf-8", "replace"), digest_size=8).digest()
        vector[int.from_bytes(digest[:4], "little") % DIMENSIONS] += 1.0 if digest[4] & 1 else -1.0
    length = math.sqrt(sum(x * x for x in vector)) or 1.0
    return [x / length for x in vector]


class ModelServer:
    """One provider's fake. Subclasses speak its dialect: `route`, `last_text`, `events`, `error`."""

    def __init__(
        self,
        *,
        tokens: int = 5,
        ttft_ms: float = 0,
        gap_ms: float = 0,
        retry_after: str = "0.1",
        answer: str | None = None,
    ) -> None:
        self.tokens, self.ttft_ms, self.gap_ms, self.retry_after, self.answer = (
            tokens,
            ttft_ms,
            gap_ms,
            retry_after,
            answer,
        )
        self.connections = self.requests = self.chats = self.embeddings = self.open = self.peak_open = 0
        self.last_body: Json = {}
        self.last_headers: dict[str, str] = {}
        self.bytes_sent = 0
        self.port = 0
        self._failed: Counter[str] = Counter()
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[Any]] = set()

    # What a dialect says

    def route(self, method: str, path: str) -> str:
        """ "chat", "embeddings", "models" or ""."""
        raise NotImplementedError

    def key(self) -> str:
        raise NotImplementedError

    def last_text(self, body: Json) -> str:
        raise NotImplementedError

    def events(self, body: Json, words: list[str], thoughts: list[str]) -> tuple[list[bytes], list[bytes], list[bytes]]:
        """Server-sent events: before the tokens, the tokens, after them."""
        raise NotImplementedError

    def error(self, status: int, message: str) -> Json:
        raise NotImplementedError

    def stream_error(self) -> bytes:
        raise NotImplementedError

    def models(self) -> Json:
        raise NotImplementedError

    def embed(self, body: Json) -> Json:
        raise NotImplementedError

    # The server

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def start(self, port: int = 0) -> None:
        self._server = await asyncio.start_server(self._connection, "127.0.0.1", port, backlog=4096, limit=2**22)
        self.port = self._server.sockets[0].getsockname()[1]

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def stats(self) -> Json:
        return {
            "connections": self.connections,
            "requests": self.requests,
            "chats": self.chats,
            "embeddings": self.embeddings,
            "open": self.open,
            "peak_open": self.peak_open,
            "last_messages": self.last_body.get("messages"),
        }

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.connections += 1
        try:
            while not writer.is_closing():
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin1").split("\r\n")
                method, path, _ = head[0].split(" ", 2)
                headers = {n.lower(): v.strip() for n, v in (line.split(":", 1) for line in head[1:] if ":" in line)}
                body = await reader.readexactly(int(headers.get("content-length", 0)))
                await self._answer(
                    reader, writer, Request(method, path.split("?")[0], headers, json.loads(body or b"{}"))
                )
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError, Gone, asyncio.CancelledError):
            pass
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: Request) -> None:
        method, path, headers, body = request
        if path.endswith("/stats"):
            writer.write(plain(200, self.stats()))
            return
        self.requests += 1
        self.last_headers = headers
        kind = self.route(method, path)
        if self.key() == BAD_KEY:
            writer.write(plain(401, self.error(401, f"Incorrect API key provided: {BAD_KEY}. Get another.")))
        elif kind == "chat":
            await self._chat(reader, writer, body)
        elif kind == "models":
            writer.write(plain(200, self.models()))
        elif kind == "embeddings":
            self.embeddings += 1
            writer.write(plain(200, self.embed(body)))
        else:
            writer.write(plain(404, self.error(404, f"no {path}")))

    async def _chat(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, body: Json) -> None:
        self.chats += 1
        self.open += 1
        self.peak_open = max(self.peak_open, self.open)
        self.last_body = body
        try:
            text = self.last_text(body)
            faults = self._faults(text)
            if not await self._refuse(reader, writer, faults):
                await self._stream(reader, writer, body, text, faults)
        finally:
            self.open -= 1

    def _faults(self, text: str) -> set[str]:
        faults: set[str] = set()
        for word, times in _WORDS.findall(text):
            self._failed[word + times] += 1
            if not times or self._failed[word + times] <= int(times):
                faults.add(word)
        return faults

    async def _refuse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, faults: set[str]) -> bool:
        for fault in faults:
            if fault.startswith("FAIL"):
                status = int(fault[4:])
                wait = f"retry-after: {self.retry_after}\r\n" if status in {429, 503} else ""
                writer.write(plain(status, self.error(status, "the fake fails as asked"), wait))
                return True
        if "HANG" in faults:
            await self._hang(reader, writer)
        if "NOANSWER" in faults:
            writer.close()
            return True
        if "HTML" in faults:
            writer.write(plain(200, b"<!doctype html><html><body>A login page</body></html>"))
            return True
        if "REDIRECT" in faults:
            writer.write(plain(307, {}, f"location: {self.url}/elsewhere\r\n"))
            return True
        return False

    async def _stream(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, body: Json, text: str, faults: set[str]
    ) -> None:
        writer.write(_STREAM_HEAD)
        if faults & {"GARBAGE", "HUGELINE", "EMPTY"}:
            await self._nonsense(writer, faults)
            return
        words = [f"tok{i} " for i in range(self.tokens)] if self.answer is None else re.findall(r"\S+\s*", self.answer)
        if "SURROGATE" in faults:
            words = ["a\ud800b", "c\x00d"]
        thoughts = ["Let me ", "think. "] if "THINK" in text else []
        before, tokens, after = self.events(body, words, thoughts)
        for event in before:
            writer.write(chunked(event))
        await self._wait(reader, writer, self.ttft_ms / 1000)
        start = time.perf_counter()
        for i, event in enumerate(tokens):
            if self.gap_ms:
                await self._wait(reader, writer, start + (i + 1) * self.gap_ms / 1000 - time.perf_counter())
            if i == len(tokens) // 2 and faults:
                await self._fail_midway(reader, writer, faults)
                if writer.is_closing():
                    return
            writer.write(chunked(event))
        for event in after:
            writer.write(chunked(event))
        writer.write(b"0\r\n\r\n")

    async def _fail_midway(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, faults: set[str]) -> None:
        if "HANGMID" in faults:
            await self._hang(reader, writer)
        if "ERRORMID" in faults:
            writer.write(chunked(self.stream_error()) + b"0\r\n\r\n")
            await writer.drain()
            writer.close()
        if "DROP" in faults:
            await writer.drain()
            writer.close()

    async def _nonsense(self, writer: asyncio.StreamWriter, faults: set[str]) -> None:
        if "HUGELINE" in faults:
            writer.write(chunked(b"data: "))
            part = chunked(b"x" * 65536)
            for _ in range(HUGE_LINE_BYTES // 65536):
                writer.write(part)
                self.bytes_sent += len(part)
                await writer.drain()
        elif "GARBAGE" in faults:
            writer.write(chunked(b"data: {\x00\xff not json at all\n\n"))
        writer.write(b"0\r\n\r\n")

    async def _wait(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, seconds: float) -> None:
        if seconds > 0:
            await asyncio.sleep(seconds)
        if reader.at_eof() or writer.is_closing():
            raise Gone

    async def _hang(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            await self._wait(reader, writer, 0.02)


def main(kind: type[ModelServer]) -> None:
    """Runs a fake as a process of its own; prints its address."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--tokens", type=int, default=50)
    parser.add_argument("--ttft-ms", type=float, default=0)
    parser.add_argument("--gap-ms", type=float, default=0)
    args = parser.parse_args()

    async def serve() -> None:
        server = kind(tokens=args.tokens, ttft_ms=args.ttft_ms, gap_ms=args.gap_ms, retry_after="1")
        await server.start(args.port)
        print(f"listening on {server.url}", flush=True)
        await asyncio.Event().wait()

    import uvloop

    with contextlib.suppress(KeyboardInterrupt):
        uvloop.run(serve())
