"""A model server that answers every request with the same bytes."""

import asyncio
from contextlib import suppress
from typing import Self


class RawServer:
    """The end of the body is that of the connection."""

    def __init__(self, body: bytes, *, kind: str = "text/event-stream") -> None:
        self._body, self._kind = body, kind
        self.requests = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/v1"

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._answer, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            await reader.readuntil(b"\r\n\r\n")
            self.requests += 1
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: %s\r\nconnection: close\r\n\r\n" % self._kind.encode())
            writer.write(self._body)
            await writer.drain()
        writer.close()
