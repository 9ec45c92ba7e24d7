"""What model servers really send, each row of the cases and its kind, over the real wire."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

import pytest

from genai_stack.errors import ProviderAnsweredNothing, ProviderFailed, ProviderRefused
from genai_stack.infra.egress.addresses import Upstreams
from genai_stack.infra.egress.client import Outbound
from genai_stack.integrations.chat_models import ChatModels
from genai_stack.integrations.llm.chat_model import ChatRequest, Delta, Usage
from genai_stack.integrations.llm.openai_dialect import Dialect
from genai_stack.integrations.llm.retries import stream_with_retries
from genai_stack.integrations.openai_address import api_base, below_v1
from tests.fakes.quirky_server import ANSWERS, QuirkyServer


@pytest.fixture
async def server() -> AsyncIterator[QuirkyServer]:
    async with QuirkyServer() as running:
        yield running


@pytest.fixture
async def models() -> AsyncIterator[ChatModels]:
    made = ChatModels(Outbound(Upstreams(private_allowed=True)))
    yield made
    await made.close()


async def ask(models: ChatModels, server: QuirkyServer, model: str, *, path: str = "/v1", **options: Any) -> Delta:
    """The whole answer as one delta."""
    request = ChatRequest(model=model, question="Hi", **options)
    adapter = models.model("openai_compatible", base_url=f"{server.url}{path}")
    text = reasoning = ""
    last = Delta()
    async with aclosing(stream_with_retries(adapter, request, attempts=1)) as deltas:
        async for delta in deltas:
            if delta.retracts:
                text, reasoning = "", reasoning + text
            text, reasoning, last = text + delta.text, reasoning + delta.reasoning, delta
    return Delta(text, reasoning, last.usage, last.finish)


FAILS = {name for name in ANSWERS if name.startswith("error-")}
EMPTY = {"only-a-tool-call", "only-a-tool-call-that-stops", "only-reasoning", "nothing", "white-space"}
CUT = {"cut-by-length": "length", "cut-by-max-tokens": "length", "cut-by-filter": "filtered"}
REASONED = {"think-without-opening", "think-without-opening-at-once", "content-parts", "reasoning-details",
            "reasoning-as-thinking", "other-think-tags", "think-in-brackets"}  # fmt: skip


@pytest.mark.parametrize("name", sorted(ANSWERS.keys() - FAILS - EMPTY - CUT.keys()))
async def test_odd_streams_give_the_answer(models: ChatModels, server: QuirkyServer, name: str) -> None:
    answer = await ask(models, server, name)
    assert answer.text == ("Hello wörld 日本" if name == "cut-within-characters" else "Hello world")
    assert answer.finish == "stop"
    assert ("greet" in answer.reasoning) == (name in REASONED)
    assert "think>" not in answer.reasoning
    if name.startswith("usage-"):
        assert answer.usage == Usage(7, 2)


@pytest.mark.parametrize(("name", "finish"), CUT.items())
async def test_an_answer_that_was_cut_says_why(
    models: ChatModels, server: QuirkyServer, name: str, finish: str
) -> None:
    answer = await ask(models, server, name)
    assert (answer.text, answer.finish) == ("Hello wor", finish)


@pytest.mark.parametrize("name", sorted(FAILS))
async def test_errors_inside_an_answer_fail_with_the_servers_words(
    models: ChatModels, server: QuirkyServer, name: str
) -> None:
    with pytest.raises(ProviderFailed, match=r"The (prompt is too long|context is full|model is not loaded)"):
        await ask(models, server, name)


@pytest.mark.parametrize("name", sorted(EMPTY))
async def test_an_empty_answer_is_no_success(models: ChatModels, server: QuirkyServer, name: str) -> None:
    with pytest.raises(ProviderAnsweredNothing) as failed:
        await ask(models, server, name)
    assert ("tool" in failed.value.message) == ("tool" in name)
    assert ("Max tokens" in failed.value.message) == (name == "only-reasoning")


OPTIONS = {"max_tokens": 50, "temperature": 0.5, "reasoning": "low", "system_prompt": "Be kind."}


@pytest.mark.parametrize(
    ("name", "absent", "tries"),
    [
        ("no-stream-options", {"stream_options"}, 2),
        ("no-max-tokens", {"max_tokens"}, 2),
        ("no-limit-at-all", {"max_tokens", "max_completion_tokens"}, 3),
        ("no-temperature", {"temperature"}, 2),
        ("no-effort", {"reasoning_effort"}, 2),
        ("no-system-role", set[str](), 2),
        ("roles-must-alternate", set[str](), 2),
    ],
)
async def test_what_a_server_refuses_is_left_out_once_and_remembered(
    models: ChatModels, server: QuirkyServer, name: str, absent: set[str], tries: int
) -> None:
    assert (await ask(models, server, name, **OPTIONS)).text == "Hello world"
    assert len(server.asked) == tries
    assert (await ask(models, server, name, **OPTIONS)).text == "Hello world"
    assert len(server.asked) == tries + 1
    sent = server.asked[-1]
    assert not absent & sent.keys()
    assert any("Be kind." in message["content"] for message in sent["messages"])
    if name == "no-max-tokens":
        assert sent["max_completion_tokens"] == 50


async def test_a_value_that_is_too_large_is_told_and_not_left_out(models: ChatModels, server: QuirkyServer) -> None:
    with pytest.raises(ProviderRefused, match="max_tokens is too large"):
        await ask(models, server, "too-many-tokens", max_tokens=50)


@pytest.mark.parametrize("path", ["", "/", "/v1/", "/v1/chat/completions", "/v1/models", "/chat/completions"])
async def test_addresses_without_version_or_with_too_much_work(
    models: ChatModels, server: QuirkyServer, path: str
) -> None:
    assert (await ask(models, server, "plain", path=path)).text == "Hello world"
    cards = await models.models_of("openai_compatible", None, f"{server.url}{path}")
    assert "plain" in {card.id for card in cards}


async def test_an_address_that_is_nowhere_says_what_it_usually_ends_in(
    models: ChatModels, server: QuirkyServer
) -> None:
    with pytest.raises(ProviderRefused, match="/v1"):
        await ask(models, server, "plain", path="/elsewhere")


@pytest.mark.parametrize(
    ("given", "base", "other"),
    [
        ("http://h:1/v1/chat/completions", "http://h:1/v1", None),
        ("http://h:1/api/v1/", "http://h:1/api/v1", None),
        ("http://h/v1beta/openai", "http://h/v1beta/openai", None),
        ("http://h:1", "http://h:1", "http://h:1/v1"),
        ("http://h:1/embeddings", "http://h:1", "http://h:1/v1"),
    ],
)
def test_addresses(given: str, base: str, other: str | None) -> None:
    assert api_base(given) == base
    assert below_v1(base) == other


def test_instructions_go_into_the_first_question_where_no_role_takes_them() -> None:
    from genai_stack.integrations.llm.chat_model import Message

    body = {"model": "m", "messages": (Message("system", "Be kind."), Message("user", "Hi"))}
    assert Dialect(system_role=None).applied(body)["messages"] == (Message("user", "Be kind.\n\nHi"),)
    assert Dialect(system_role="developer").applied(body)["messages"] == (
        {"role": "developer", "content": "Be kind."},
        Message("user", "Hi"),
    )
