"""Deadlines and retries, with models that follow a script."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing

import pytest

from genai_stack.errors import ProviderBroken, ProviderBusy, ProviderFailed, ProviderTooSlow, ProviderUnreachable
from genai_stack.integrations.llm.chat_model import ChatRequest, Delta
from genai_stack.integrations.llm.retries import Deadlines, stream_with_retries

REQUEST = ChatRequest(model="m", question="Q")
Step = str | float | Exception


class Scripted:
    """Each attempt follows the next script: text is said, a number slept, an error raised."""

    def __init__(self, *scripts: list[Step]) -> None:
        self.scripts = list(scripts)
        self.attempts = 0
        self.closed = 0
        self.request = REQUEST

    async def stream(self, request: ChatRequest) -> AsyncIterator[Delta]:
        self.request = request
        script = self.scripts[min(self.attempts, len(self.scripts) - 1)]
        self.attempts += 1
        try:
            for step in script:
                if isinstance(step, str):
                    yield Delta(step)
                elif isinstance(step, Exception):
                    raise step
                else:
                    await asyncio.sleep(step)
        finally:
            self.closed += 1


def busy(after: float | None = 0.0) -> ProviderBusy:
    return ProviderBusy("It is busy.", retry_after=after)


async def said(model: Scripted, deadlines: Deadlines = Deadlines(), **options: int) -> str:  # noqa: B008
    return "".join([d.text async for d in stream_with_retries(model, REQUEST, deadlines, **options)])


async def test_failure_before_the_first_delta_is_tried_again() -> None:
    model = Scripted([busy()], [busy()], ["a", "b"])
    assert await said(model) == "ab"
    assert model.closed == 3


async def test_attempts_are_counted_and_told() -> None:
    model = Scripted([busy()])
    with pytest.raises(ProviderBusy, match=r"It is busy\. Tried 2 times\."):
        await said(model, attempts=2)
    assert model.attempts == 2


async def test_failure_after_the_first_delta_is_final() -> None:
    model = Scripted(["a", ProviderUnreachable("Cut.")])
    with pytest.raises(ProviderUnreachable, match=r"^Cut\.$"):
        await said(model)
    assert model.attempts == 1


async def test_what_would_fail_again_is_not_tried_again() -> None:
    model = Scripted([ProviderBroken("Garbage.")])
    with pytest.raises(ProviderBroken):
        await said(model)
    assert model.attempts == 1


async def test_back_off_that_outlasts_the_total_is_not_begun() -> None:
    model = Scripted([busy(5)])
    with pytest.raises(ProviderBusy):
        await said(model, Deadlines(total=1))
    assert model.attempts == 1


async def test_reader_is_told_of_each_retry() -> None:
    told: list[str] = []
    model = Scripted([busy()], ["a"])
    assert [d.text async for d in stream_with_retries(model, REQUEST, on_retry=told.append)] == ["a"]
    assert told == ["It is busy. Trying again (2 of 3)."]


async def test_silence_before_the_first_token_is_tried_again() -> None:
    model = Scripted([30.0], ["a"])
    assert await said(model, Deadlines(first_token=0.05)) == "a"
    assert model.closed == 2


async def test_time_that_the_reader_takes_does_not_count() -> None:
    model = Scripted(["a", "b", 0.01, "c"])
    text = ""
    async for delta in stream_with_retries(model, REQUEST, Deadlines(first_token=0.05, between_tokens=0.05)):
        text += delta.text
        await asyncio.sleep(0.15)
    assert text == "abc"


async def test_slow_but_steady_stream_is_no_silence() -> None:
    model = Scripted([0.05, "a"] * 8)
    assert await said(model, Deadlines(first_token=0.3, between_tokens=0.3)) == "a" * 8


async def test_total_ends_a_steady_stream() -> None:
    model = Scripted([0.05, "a"] * 100)
    with pytest.raises(ProviderTooSlow, match=r"answer within 0\.3 seconds"):
        await said(model, Deadlines(total=0.3))
    assert model.closed == 1


async def test_deadline_leaves_no_cancellation_behind() -> None:
    task = asyncio.current_task()
    assert task is not None
    with pytest.raises(ProviderTooSlow):
        await said(Scripted(["a", 30.0]), Deadlines(between_tokens=0.05))
    assert task.cancelling() == 0
    await asyncio.sleep(0)


async def test_timeout_around_the_stream_still_works() -> None:
    model = Scripted([30.0])
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await said(model)
    assert (model.attempts, model.closed) == (1, 1)


async def test_cancel_while_backing_off_ends_it() -> None:
    model = Scripted([busy(20)])
    reading = asyncio.create_task(said(model))
    await asyncio.sleep(0.05)
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    assert model.attempts == 1


async def test_closing_early_closes_the_model() -> None:
    model = Scripted(["a", "b", 30.0])
    async with aclosing(stream_with_retries(model, REQUEST)) as deltas:
        assert (await anext(deltas)).text == "a"
    assert model.closed == 1


async def test_model_is_told_how_long_to_connect() -> None:
    model = Scripted(["a"])
    await said(model, Deadlines(connect=3))
    assert model.request.connect_within == 3


async def test_empty_stream_is_an_empty_answer() -> None:
    assert await said(Scripted([])) == ""


async def test_error_keeps_its_code() -> None:
    with pytest.raises(ProviderFailed) as caught:
        await said(Scripted([busy(99)]))
    assert caught.value.code == "PROVIDER_BUSY"
    assert str(caught.value) == caught.value.message == "It is busy. Try again in 99 s."
