"""What providers' SDKs send and get: through the one client, as whole events within their limits."""

import json

import pytest

from genai_stack.errors import ProviderBroken, UpstreamRefused
from genai_stack.infra.egress.addresses import Upstreams
from genai_stack.infra.egress.client import Outbound
from genai_stack.infra.egress.remote import Remote
from genai_stack.infra.egress.transport import sdk_client
from tests.fakes.openai_server import OpenAIServer
from tests.fakes.raw_server import RawServer

REMOTE = Remote("Test", "http://example.com", None)
ASKED = {"model": "fake", "messages": [{"role": "user", "content": "hello"}]}


async def got(url: str, *, private_allowed: bool = True) -> bytes:
    outbound = Outbound(Upstreams(private_allowed=private_allowed))
    try:
        async with sdk_client(outbound, REMOTE) as http:
            return (await http.post(f"{url}/chat/completions", content=json.dumps(ASKED).encode())).content
    finally:
        await outbound.close()


async def test_sdk_client_goes_through_the_same_door() -> None:
    async with OpenAIServer() as server:
        with pytest.raises(UpstreamRefused):
            await got(server.base_url, private_allowed=False)
        assert b"tok0" in await got(server.base_url)
        assert server.requests == 1


async def test_sdk_gets_events_without_comments_and_in_one_form() -> None:
    stream = b"\xef\xbb\xbf: alive\r\n\r\n\n\nid: 7\nevent: x\rdata: one\r\rdata: two"
    async with RawServer(stream) as server:
        assert await got(server.url) == b"event: x\ndata: one\n\ndata: two\n\n"


@pytest.mark.parametrize(
    ("stream", "says"),
    [
        (b"data: " + b"x" * 2**21, "more than 1,048,576 bytes"),
        (b"data: x\n" * 65, "more than 64 lines"),
        (b"\n" * 300_000, "more than 200,000 events"),
        (b": alive!\n" * 2**21, "more than 16 MiB"),
    ],
)
async def test_stream_beyond_its_limits_is_refused(stream: bytes, says: str) -> None:
    async with RawServer(stream) as server:
        with pytest.raises(ProviderBroken, match=says):
            await got(server.url)


@pytest.mark.parametrize("kind", ["application/json", "text/html"])
async def test_what_is_no_stream_is_refused(kind: str) -> None:
    async with RawServer(b"{}", kind=kind) as server:
        with pytest.raises(ProviderBroken, match=f"{kind} instead of a stream"):
            await got(server.url)
