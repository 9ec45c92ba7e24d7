"""The one client, against servers that are really there."""

import asyncio
import socket

import pytest

from genai_stack.errors import ProviderBroken, ProviderRefused, ProviderTooSlow, UpstreamRefused
from genai_stack.infra.egress.addresses import Upstreams
from genai_stack.infra.egress.api_key import KEY_PLACEHOLDER, ApiKey, origin_of
from genai_stack.infra.egress.client import Outbound
from genai_stack.infra.egress.remote import Remote, cause
from tests.fakes.openai_server import OpenAIServer

REMOTE = Remote("Test", "http://example.com", ApiKey("s3cret-key", "http://example.com:80"))


async def test_host_name_that_leads_to_a_private_address_is_refused_before_connecting() -> None:
    outbound = Outbound(Upstreams(private_allowed=False))
    async with OpenAIServer() as server:
        with pytest.raises(UpstreamRefused, match=r"localhost is a private address"):
            await outbound.request(REMOTE, "GET", f"http://localhost:{server.port}/v1/models", headers={})
        assert server.requests == 0
    await outbound.close()


async def test_session_checks_what_is_not_asked_through_request() -> None:
    outbound = Outbound(Upstreams(private_allowed=False))
    async with OpenAIServer() as server:
        with pytest.raises(UpstreamRefused):
            await outbound.session().get(f"{server.base_url}/models")
        assert server.requests == 0
    await outbound.close()


@pytest.mark.parametrize("host", ["2130706433", "0x7f000001", "127.1", "0177.0.0.1"])
async def test_private_address_in_disguise_is_refused(host: str) -> None:
    outbound = Outbound(Upstreams(private_allowed=False))
    async with OpenAIServer() as server:
        with pytest.raises((UpstreamRefused, ProviderRefused)):
            await outbound.request(REMOTE, "GET", f"http://{host}:{server.port}/v1/models", headers={})
        assert server.requests == 0
    await outbound.close()


async def test_allowed_host_is_reached_by_its_name() -> None:
    outbound = Outbound(Upstreams(private_allowed=False, allowed_hosts=frozenset({"localhost"})))
    async with OpenAIServer() as server:
        response = await outbound.request(REMOTE, "GET", f"http://localhost:{server.port}/v1/models", headers={})
        assert response.status == 200
        response.close()
    await outbound.close()


async def test_connection_that_is_never_made_hits_its_deadline() -> None:
    """A full backlog: the kernel leaves the next connection waiting."""
    outbound = Outbound(Upstreams(private_allowed=True))
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        address = listener.getsockname()
        fillers = [socket.socket() for _ in range(4)]
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex(address)
        with pytest.raises(ProviderTooSlow, match="No connection"):
            await outbound.request(REMOTE, "GET", f"http://127.0.0.1:{address[1]}/", headers={}, connect_within=0.3)
        for filler in fillers:
            filler.close()
    await outbound.close()


async def test_what_is_no_http_is_told_without_the_key() -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"SSH-2.0-OpenSSH s3cret-key\r\n\r\n")
        writer.close()

    outbound = Outbound(Upstreams(private_allowed=True))
    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(ProviderBroken, match="not HTTP") as caught:
            url = f"http://127.0.0.1:{port}/"
            remote = Remote("Test", url, ApiKey("s3cret-key", origin_of(url)))
            headers = {"authorization": f"Bearer {KEY_PLACEHOLDER}"}
            await outbound.request(remote, "GET", url, headers=headers)
    seen: BaseException | None = caught.value
    while seen is not None:
        assert "s3cret-key" not in repr(seen)
        seen = seen.__cause__ or seen.__context__
    await outbound.close()


def test_cause_finds_an_error_of_ours_under_others() -> None:
    ours = REMOTE.cut()
    wrapped = RuntimeError("wrapped")
    wrapped.__cause__ = ours
    assert cause(wrapped) is ours
    assert cause(RuntimeError("alone")) is None
