"""An httpx2 transport over the one client, so that providers' SDKs leave through the same door."""

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import httpx2

from genai_stack.infra.egress.answer_body import AnswerBody
from genai_stack.infra.egress.client import CONNECT_SECONDS, Outbound
from genai_stack.infra.egress.remote import Remote
from genai_stack.infra.egress.sse import EventSplitter, OversizedStreamError

EVENTS_PER_TURN = 64  # that an SDK works on before others have their turn
# These describe the bytes on the wire; aiohttp has undone both, and one client owns what is asked for.
_HOP_HEADERS = frozenset({"content-encoding", "content-length", "transfer-encoding", "connection"})
_OWN_HEADERS = frozenset({"accept-encoding", "connection", "content-length", "transfer-encoding", "host"})


def sdk_client(outbound: Outbound, remote: Remote, *, connect_within: float = CONNECT_SECONDS) -> httpx2.AsyncClient:
    """For providers' SDKs: a client whose requests leave through `outbound`, and are answered with event streams.

    Closing it closes what it has open, in whatever state. Errors are raised as ours, which an SDK may wrap:
    `remote.cause` finds them again.
    """
    transport = OutboundTransport(outbound, remote, connect_within)
    return httpx2.AsyncClient(transport=transport, trust_env=False, timeout=None, follow_redirects=False)


class OutboundTransport(httpx2.AsyncBaseTransport):
    def __init__(self, outbound: Outbound, remote: Remote, connect_within: float) -> None:
        self._outbound = outbound
        self._remote = remote
        self._connect_within = connect_within
        self._open: set[aiohttp.ClientResponse] = set()

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        response = await self._outbound.request(
            self._remote,
            request.method,
            str(request.url),
            headers={name: value for name, value in request.headers.items() if name not in _OWN_HEADERS},
            body=await request.aread(),
            connect_within=self._connect_within,
        )
        self._open.add(response)
        if response.content_type != "text/event-stream":
            raise self._remote.broken(f"answered with {response.content_type} instead of a stream")
        return httpx2.Response(
            response.status,
            headers=[(name, value) for name, value in response.headers.items() if name.lower() not in _HOP_HEADERS],
            stream=_Body(response, self._remote),
        )

    async def aclose(self) -> None:
        for response in self._open:
            response.close()
        self._open.clear()


class _Body(httpx2.AsyncByteStream):
    """Whole events within their limits, each written in one way: an SDK's own reader has no limits."""

    def __init__(self, response: aiohttp.ClientResponse, remote: Remote) -> None:
        self._response = response
        self._remote = remote

    async def __aiter__(self) -> AsyncIterator[bytes]:
        body, splitter = AnswerBody(self._response, self._remote), EventSplitter()
        try:
            while piece := await body.read():
                for count, event in enumerate(splitter.feed(piece), 1):
                    yield event.encoded()
                    if count % EVENTS_PER_TURN == 0:
                        await asyncio.sleep(0)
            for event in splitter.end():
                yield event.encoded()
        except OversizedStreamError as error:
            raise self._remote.broken(f"sent {error}") from None

    async def aclose(self) -> None:
        self._response.close()
