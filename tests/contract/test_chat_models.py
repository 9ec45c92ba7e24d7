"""What every chat model does, whoever its provider is: one suite, run against a fake of each."""

import asyncio
import resource
import time
import traceback
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass

import pytest

from genai_stack.errors import (
    ProviderBroken,
    ProviderBusy,
    ProviderFailed,
    ProviderRefused,
    ProviderTooSlow,
    ProviderUnreachable,
    StackError,
    UpstreamRefused,
)
from genai_stack.infra.egress.addresses import Upstreams
from genai_stack.infra.egress.api_key import ApiKey, origin_of
from genai_stack.infra.egress.client import Outbound
from genai_stack.integrations.chat_models import ChatModels
from genai_stack.integrations.llm.chat_model import ChatModel, ChatRequest, ContextPassage, Delta, Message
from genai_stack.integrations.llm.retries import Deadlines, stream_with_retries
from tests.fakes.anthropic_server import AnthropicServer
from tests.fakes.gemini_server import GeminiServer
from tests.fakes.model_server import BAD_KEY, ModelServer
from tests.fakes.openai_server import OpenAIServer

FAKES: dict[str, type[ModelServer]] = {
    "openai": OpenAIServer,
    "openai_compatible": OpenAIServer,
    "gemini": GeminiServer,
    "anthropic": AnthropicServer,
}
KEY = "sk-a-very-secret-key"
PATIENT = Deadlines()


@dataclass
class Bench:
    provider: str
    server: ModelServer
    models: ChatModels

    @property
    def base_url(self) -> str:
        return self.server.base_url

    def model(self, key: str = KEY) -> ChatModel:
        return self.models.model(self.provider, key=self.key(key), base_url=self.given_address)

    def key(self, secret: str) -> ApiKey:
        return ApiKey(secret, origin_of(self.base_url))

    @property
    def given_address(self) -> str | None:
        return self.base_url if self.provider == "openai_compatible" else None

    def ask(self, question: str, deadlines: Deadlines = PATIENT, *, key: str = KEY) -> AsyncIterator[Delta]:
        return stream_with_retries(self.model(key), ChatRequest(model="fake", question=question), deadlines)

    async def is_closed_at_server(self) -> bool:
        """Whether no chat is open at the server within a second."""
        for _ in range(100):
            if self.server.open:
                await asyncio.sleep(0.01)
        return self.server.open == 0


@asynccontextmanager
async def bench(provider: str, **server_options: float) -> AsyncIterator[Bench]:
    async with FAKES[provider](**server_options) as server:
        models = ChatModels(Outbound(Upstreams(private_allowed=True)), addresses={provider: server.base_url})
        try:
            yield Bench(provider, server, models)
        finally:
            await models.close()


@pytest.fixture(params=FAKES)
def provider(request: pytest.FixtureRequest) -> str:
    return request.param


async def whole(deltas: AsyncIterator[Delta]) -> tuple[str, str, list[Delta]]:
    found = [delta async for delta in deltas]
    return "".join(d.text for d in found), "".join(d.reasoning for d in found), found


async def failure(deltas: AsyncIterator[Delta]) -> tuple[StackError, str]:
    """The error that ends the stream, and the text before it."""
    text = ""
    with pytest.raises(StackError) as caught:
        async for delta in deltas:
            text += delta.text
    return caught.value, text


async def test_answer_is_streamed_and_its_end_is_said(provider: str) -> None:
    async with bench(provider, gap_ms=120) as at:
        text, reasoning, deltas = await whole(at.ask("hello"))
    assert text == "tok0 tok1 tok2 tok3 tok4 "
    assert reasoning == ""
    assert len(deltas) > 2
    assert deltas[-1].finish == "stop"


async def test_reasoning_comes_apart_from_the_answer(provider: str) -> None:
    async with bench(provider) as at:
        text, reasoning, _ = await whole(at.ask("THINK about it"))
    assert (text, reasoning) == ("tok0 tok1 tok2 tok3 tok4 ", "Let me think. ")


async def test_usage_is_told_once_and_counts_the_reasoning(provider: str) -> None:
    async with bench(provider) as at:
        _, _, deltas = await whole(at.ask("THINK"))
    usage = [d.usage for d in deltas if d.usage is not None]
    assert [(u.prompt_tokens, u.completion_tokens, u.reasoning_tokens) for u in usage] == [(10, 7, 2)]


async def test_model_gets_system_prompt_history_passages_and_question(provider: str) -> None:
    request = ChatRequest(
        model="fake",
        question="Who wrote it?",
        system_prompt="Be brief.",
        passages=(ContextPassage("Ada wrote it. \U0001f600", "paper.pdf", 3),),
        history=(Message("user", "Hi"), Message("assistant", "Hello")),
        temperature=0.5,
        max_tokens=99,
        reasoning="low",
    )
    async with bench(provider) as at:
        await whole(stream_with_retries(at.model(), request))
        sent = str(at.server.last_body)
        last = at.server.last_text(at.server.last_body)
    assert "[1] (paper.pdf, page 3)\nAda wrote it. \U0001f600" in last
    assert last.endswith("Question: Who wrote it?")
    for part in ("Be brief.", "Hi", "Hello", "0.5", "99", "low"):
        assert part.lower() in sent.lower()


async def test_lone_surrogates_and_nul_become_replacement_characters(provider: str) -> None:
    async with bench(provider) as at:
        text, _, _ = await whole(at.ask("SURROGATE"))
    assert text == "a\ufffdbc\ufffdd"


async def test_rate_limit_is_waited_for_and_tried_again(provider: str) -> None:
    said: list[str] = []
    async with bench(provider) as at:
        request = ChatRequest(model="fake", question="FAIL429x1")
        began = time.monotonic()
        text, _, _ = await whole(stream_with_retries(at.model(), request, on_retry=said.append))
        assert time.monotonic() - began >= 0.1
        assert at.server.chats == 2
    assert text.startswith("tok0")
    assert len(said) == 1
    assert "Trying again (2 of 3)" in said[0]


async def test_wait_that_is_too_long_fails_at_once_and_says_so(provider: str) -> None:
    async with bench(provider) as at:
        at.server.retry_after = "3600"
        error, _ = await failure(at.ask("FAIL429"))
        assert at.server.chats == 1
    assert isinstance(error, ProviderBusy)
    assert "Try again in 3600 s." in error.message


async def test_server_error_is_tried_three_times_at_most(provider: str) -> None:
    async with bench(provider) as at:
        error, _ = await failure(at.ask("FAIL500"))
        assert at.server.chats == 3
    assert isinstance(error, ProviderFailed)
    assert "Tried 3 times" in error.message
    assert "127.0.0.1" in error.message


async def test_refused_request_is_not_tried_again(provider: str) -> None:
    async with bench(provider) as at:
        error, _ = await failure(at.ask("FAIL400"))
        assert at.server.chats == 1
    assert isinstance(error, ProviderRefused)
    assert "the fake fails as asked" in error.message


async def test_refused_key_is_told_and_never_printed(provider: str) -> None:
    async with bench(provider) as at:
        error, _ = await failure(at.ask("hello", key=BAD_KEY))
        assert at.server.requests == 1
        with pytest.raises(ProviderRefused) as tested:
            await at.models.test(provider, at.key(BAD_KEY), at.given_address)
    assert isinstance(error, ProviderRefused)
    assert "refused the API key" in error.message
    for told in (error, tested.value):
        assert BAD_KEY not in "".join(traceback.format_exception(told))
        assert BAD_KEY not in repr(told)


async def test_hang_before_headers_hits_the_first_deadline(provider: str) -> None:
    async with bench(provider) as at:
        await whole(at.ask("the SDK is imported now"))
        error, _ = await failure(
            stream_with_retries(at.model(), _asking("HANG"), Deadlines(first_token=0.2), attempts=2)
        )
        assert await at.is_closed_at_server()
        assert at.server.chats == 3
    assert isinstance(error, ProviderTooSlow)
    assert "first token did not arrive within 0.2 seconds" in error.message


async def test_hang_in_the_middle_hits_the_deadline_between_tokens(provider: str) -> None:
    async with bench(provider) as at:
        error, text = await failure(at.ask("HANGMID", Deadlines(between_tokens=0.4)))
        assert await at.is_closed_at_server()
        assert at.server.chats == 1
    assert isinstance(error, ProviderTooSlow)
    assert "next token did not arrive within 0.4 seconds" in error.message
    assert text.startswith("tok0")


async def test_endless_answer_hits_the_total_deadline(provider: str) -> None:
    async with bench(provider, tokens=10_000, gap_ms=10) as at:
        await whole_until(at.ask("the SDK is imported now"), 1)
        error, _ = await failure(at.ask("hello", Deadlines(total=0.4)))
        assert await at.is_closed_at_server()
    assert isinstance(error, ProviderTooSlow)
    assert "answer within 0.4 seconds" in error.message


async def test_cut_stream_is_told_and_not_tried_again(provider: str) -> None:
    async with bench(provider) as at:
        error, text = await failure(at.ask("DROP"))
        assert at.server.chats == 1
    assert isinstance(error, ProviderUnreachable)
    assert "cut" in error.message
    assert text.startswith("tok0")


async def test_connection_closed_before_the_answer_is_tried_again(provider: str) -> None:
    async with bench(provider) as at:
        text, _, _ = await whole(at.ask("NOANSWERx1"))
        assert at.server.chats == 2
    assert text.startswith("tok0")


async def test_server_that_is_not_there_is_told(provider: str) -> None:
    async with bench(provider) as at:
        model = at.model()
    error, _ = await failure(stream_with_retries(model, _asking("hello"), attempts=1))
    assert isinstance(error, ProviderUnreachable)
    assert "does not accept connections" in error.message


async def test_error_inside_the_stream_is_told(provider: str) -> None:
    async with bench(provider) as at:
        error, text = await failure(at.ask("ERRORMID"))
    assert isinstance(error, ProviderBusy)
    assert "overloaded" in error.message
    assert text.startswith("tok0")


@pytest.mark.parametrize("fault", ["GARBAGE", "HTML", "EMPTY"])
async def test_what_is_no_answer_is_told(provider: str, fault: str) -> None:
    async with bench(provider) as at:
        error, text = await failure(at.ask(fault))
        assert await at.is_closed_at_server()
    assert isinstance(error, ProviderBroken | ProviderUnreachable)
    assert text == ""


async def test_huge_line_is_refused_in_bounded_memory(provider: str) -> None:
    async with bench(provider) as at:
        await whole(at.ask("the SDK is imported now"))
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        error, _ = await failure(at.ask("HUGELINE"))
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
        assert await at.is_closed_at_server()
    assert isinstance(error, ProviderBroken)
    assert grown < 32 * 1024  # KiB
    assert at.server.bytes_sent < 16 * 1024 * 1024


async def test_redirect_is_not_followed(provider: str) -> None:
    async with bench(provider) as at:
        error, _ = await failure(at.ask("REDIRECT"))
        assert at.server.requests == 1
    assert isinstance(error, UpstreamRefused)
    assert "redirect" in error.message


@pytest.mark.parametrize("question", ["HANG", "HANGMID", "FAIL429"])
async def test_cancel_closes_the_connection_within_a_second(provider: str, question: str) -> None:
    async with bench(provider) as at:
        at.server.retry_after = "20"
        await whole(at.ask("the SDK is imported now"))
        reading = asyncio.create_task(whole(at.ask(question)))
        for _ in range(500):
            if at.server.chats < 2:
                await asyncio.sleep(0.01)
        await asyncio.sleep(0.1)
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading
        assert await at.is_closed_at_server()
        assert at.server.chats == 2


async def test_reader_that_stops_early_closes_the_connection(provider: str) -> None:
    async with bench(provider, tokens=10_000, gap_ms=5) as at:
        await whole_until(at.ask("hello"), 3)
        assert await at.is_closed_at_server()


async def test_models_are_listed_with_their_end_dates(provider: str) -> None:
    async with bench(provider) as at:
        cards = await at.models.models_of(provider, at.key(KEY), at.given_address)
    assert [card.id for card in cards] == ["fake", "fake-old"]
    ends = cards[1].ends_at
    assert (ends is None) if provider == "gemini" else (ends is not None and ends.date().isoformat() == "2027-01-31")


async def test_key_is_never_part_of_a_model_in_print(provider: str) -> None:
    async with bench(provider) as at:
        assert KEY not in repr(at.model())


async def test_offline_model_answers_like_the_others() -> None:
    models = ChatModels(Outbound(Upstreams(private_allowed=False)))
    request = ChatRequest(
        model="offline", question="Who wrote it?", passages=(ContextPassage("Ada wrote it in 1843.", "a.txt"),)
    )
    text, reasoning, deltas = await whole(stream_with_retries(models.model("offline"), request))
    assert "Ada wrote it in 1843. [1]" in text
    assert "not a language model" in text
    assert reasoning
    assert deltas[-1].finish == "stop"
    assert deltas[-1].usage is not None
    await models.test("offline")
    await models.close()


def _asking(question: str) -> ChatRequest:
    return ChatRequest(model="fake", question=question)


async def whole_until(deltas: AsyncIterator[Delta], count: int) -> None:
    async with aclosing(deltas) as open_deltas:
        async for _ in open_deltas:
            count -= 1
            if count <= 0:
                return
