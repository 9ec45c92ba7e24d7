"""Making chat models, and what is refused before anything is asked."""

import asyncio
import socket
import subprocess
import sys

import pytest

from genai_stack.errors import ProviderBroken, ProviderRefused, ProviderTooSlow, StackError, UpstreamRefused
from genai_stack.infra.egress.addresses import Upstreams
from genai_stack.infra.egress.api_key import ApiKey
from genai_stack.infra.egress.client import Outbound
from genai_stack.integrations.catalog import PROVIDERS
from genai_stack.integrations.chat_models import ChatModels
from genai_stack.integrations.llm.chat_model import ChatRequest, Usage
from genai_stack.integrations.llm.retries import stream_with_retries
from tests.fakes.openai_server import OpenAIServer


def made(*, private_allowed: bool = True, list_seconds: float = 30) -> ChatModels:
    return ChatModels(Outbound(Upstreams(private_allowed=private_allowed)), list_seconds=list_seconds)


def stored(key: str | None) -> ApiKey | None:
    return None if key is None else ApiKey(key, "https://example.com:443")


@pytest.mark.parametrize(
    ("provider", "key", "base_url", "says"),
    [
        ("nobody", "k", None, "no provider of chat models"),
        ("local", None, None, "no provider of chat models"),
        ("openai", None, None, "needs a key"),
        ("gemini", "  ", None, "needs a key"),
        ("openai_compatible", None, None, "needs its address"),
        ("openai", "sk-\nx", None, "characters that no key has"),
        ("openai", "sk-ключ", None, "characters that no key has"),
        ("openai_compatible", None, "http://example.com/v1?key=1", "what follows"),
        ("openai_compatible", None, "example.com", "http://"),
        ("openai_compatible", None, "file:///etc", "http://"),
        ("openai", "k", "http://example.com/v1", "fixed address"),
        ("gemini", "k", "http://example.com", "fixed address"),
        ("anthropic", "k", "http://example.com", "fixed address"),
    ],
)
def test_what_cannot_work_is_refused_with_a_sentence(
    provider: str, key: str | None, base_url: str | None, says: str
) -> None:
    with pytest.raises(StackError, match=says):
        made().model(provider, key=stored(key), base_url=base_url)


def test_private_address_is_refused_where_it_is_not_allowed() -> None:
    with pytest.raises(UpstreamRefused):
        made(private_allowed=False).model("openai_compatible", base_url="http://127.0.0.1:11434/v1")


def test_every_chat_provider_can_be_made() -> None:
    for provider in PROVIDERS:
        if provider.chat:
            url = "http://example.com/v1" if provider.needs_base_url else None
            assert made().model(provider.id, key=stored("k") if provider.needs_key else None, base_url=url)


async def test_server_without_a_list_of_models_is_told() -> None:
    models = made()
    async with OpenAIServer() as server:
        with pytest.raises(ProviderRefused, match="404"):
            await models.test("openai_compatible", None, f"{server.url}/wrong")
    await models.close()


async def test_web_page_instead_of_a_list_is_told() -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 2\r\n\r\nhi")
        await writer.drain()
        writer.close()

    models = made()
    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        with pytest.raises(ProviderBroken, match="web page"):
            await models.test("openai_compatible", None, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1")
    await models.close()


async def test_list_that_never_comes_is_told() -> None:
    models = made(list_seconds=0.3)
    async with OpenAIServer() as server:
        await models.test("openai_compatible", None, server.base_url)  # the SDK is imported now
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(ProviderTooSlow, match=r"within 0\.3 seconds"):
        await models.test("openai_compatible", None, f"http://127.0.0.1:{silent.getsockname()[1]}/v1")
    await models.close()


async def test_cancel_while_connecting_ends_at_once() -> None:
    """A full backlog: the kernel leaves the next connection waiting."""
    models = made()
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        address = listener.getsockname()
        fillers = [socket.socket() for _ in range(4)]
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex(address)
        model = models.model("openai_compatible", base_url=f"http://127.0.0.1:{address[1]}/v1")
        reading = asyncio.create_task(anext(stream_with_retries(model, ChatRequest(model="m", question="q"))))
        await asyncio.sleep(0.1)
        assert not reading.done()
        reading.cancel()
        async with asyncio.timeout(1):
            with pytest.raises(asyncio.CancelledError):
                await reading
        for filler in fillers:
            filler.close()
    await models.close()


def test_usage_adds_up() -> None:
    assert Usage(1, 2, 1) + Usage(10, 20, 3) == Usage(11, 22, 4)


def test_no_sdk_is_imported_before_it_is_used() -> None:
    script = (
        "import sys, genai_stack.integrations.chat_models, genai_stack.integrations.llm.retries\n"
        "print([m for m in ('anthropic', 'google.genai', 'httpx2', 'httpx') if m in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
