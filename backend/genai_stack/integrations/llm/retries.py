"""Retries and deadlines, the same for every chat model."""

import asyncio
import random
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Final, Literal, cast

import msgspec
from msgspec import Struct

from genai_stack.errors import ProviderAnsweredNothing, ProviderFailed, ProviderTooSlow
from genai_stack.integrations.llm.chat_model import ChatModel, ChatRequest, Delta, Finish

LONGEST_WAIT_SECONDS: Final = 30.0  # seconds that a provider may ask for
_FIRST_RETRY_SECONDS: Final = 0.5
_LONGEST_RETRY_SECONDS: Final = 8.0


class Deadlines(Struct, frozen=True):
    """In seconds. `total` counts all attempts and the time between them."""

    connect: float = 10.0
    first_token: float = 60.0
    between_tokens: float = 30.0
    total: float = 600.0


async def stream_with_retries(
    model: ChatModel,
    request: ChatRequest,
    deadlines: Deadlines = Deadlines(),  # noqa: B008  frozen
    *,
    attempts: int = 3,
    on_retry: Callable[[str], None] | None = None,
) -> AsyncGenerator[Delta, None]:
    """The model's deltas, none of them empty. Only what failed before the first one, and may succeed later, is retried.

    An answer without a word of text is no success: it raises ProviderAnsweredNothing, which says why it is empty.
    `on_retry` gets a sentence for the person who waits. Raises ProviderFailed. Iterate it inside
    `contextlib.aclosing` when you may stop early: that closes the connection at once.
    """
    request = msgspec.structs.replace(request, connect_within=deadlines.connect)
    ends = asyncio.get_running_loop().time() + deadlines.total
    for attempt in range(1, attempts + 1):
        begun = has_text = False
        try:
            async with aclosing(_watched(model, request, deadlines, ends)) as deltas:
                async for delta in deltas:
                    if delta.is_empty:
                        continue
                    begun = True
                    has_text = bool(delta.text.strip()) or (has_text and not delta.retracts)
                    if delta.finish is not None and not has_text:
                        raise _answered_nothing(model, delta.finish)
                    yield delta
        except ProviderFailed as failed:
            if begun or not failed.retryable:
                raise
            wait = _wait(failed, attempt)
            if attempt == attempts or wait is None or asyncio.get_running_loop().time() + wait >= ends:
                if (sentence := _tried(failed, attempt, wait)) is None:
                    raise
                raise failed.followed_by(sentence) from failed
            if on_retry is not None:
                on_retry(f"{failed.message} Trying again ({attempt + 1} of {attempts}).")
        else:
            return
        await asyncio.sleep(wait)


def _wait(failed: ProviderFailed, attempt: int) -> float | None:
    """Seconds before the next attempt: as the provider asks, else exponential with full jitter. None: too long."""
    if failed.retry_after is not None:
        asked = failed.retry_after
        return asked + random.uniform(0, asked / 10) if asked <= LONGEST_WAIT_SECONDS else None  # noqa: S311  no secret
    return random.uniform(0, min(_LONGEST_RETRY_SECONDS, _FIRST_RETRY_SECONDS * 2 ** (attempt - 1)))  # noqa: S311


def _tried(failed: ProviderFailed, attempts: int, wait: float | None) -> str | None:
    """What was tried, and when to try again; None where it was tried once only."""
    times = f"Tried {attempts} times" if attempts > 1 else None
    if failed.retry_after:
        again = f"ry again in {failed.retry_after:.0f} s."
        return f"{times}; t{again}" if times else f"T{again}"
    return f"{times}." if times else None


def _answered_nothing(model: ChatModel, finish: Finish) -> ProviderAnsweredNothing:
    why = {
        "stop": "answered without any text. Try again, or choose another model.",
        "length": "used up its token limit before the answer began. Raise “Max tokens”, or choose less reasoning.",
        "filtered": "withheld its answer: its content filter stopped it. Ask differently, or choose another model.",
        "tool_calls": "called a tool instead of answering, and this node offers no tools. Choose another model.",
    }
    return ProviderAnsweredNothing(f"{_name(model)} {why[finish]}")


def _name(model: ChatModel) -> str:
    return str(getattr(model, "name", "The model"))


async def _watched(
    model: ChatModel, request: ChatRequest, deadlines: Deadlines, ends: float
) -> AsyncGenerator[Delta, None]:
    """One attempt under the watch of its deadlines."""
    watch = _Watch(ends)
    # A generator is what `async def` with `yield` gives, though its annotation may say no more than iterator.
    deltas = cast("AsyncGenerator[Delta, None]", model.stream(request))
    seconds, waits_for = deadlines.first_token, "first"
    try:
        async with aclosing(deltas):
            while True:
                watch.begin(seconds)
                try:
                    delta = await anext(deltas)
                except StopAsyncIteration:
                    return
                except asyncio.CancelledError:
                    if not watch.struck():
                        raise
                    raise _too_slow(model, watch.total, waits_for, deadlines) from None
                finally:
                    watch.end()
                yield delta
                if not delta.is_empty:
                    seconds, waits_for = deadlines.between_tokens, "next"
    finally:
        watch.close()


def _too_slow(model: ChatModel, total: bool, waits_for: str, deadlines: Deadlines) -> ProviderTooSlow:
    name = _name(model)
    if total:
        return ProviderTooSlow(f"{name} did not finish its answer within {deadlines.total:g} seconds.")
    seconds = deadlines.first_token if waits_for == "first" else deadlines.between_tokens
    return ProviderTooSlow(f"{name} did not respond: the {waits_for} token did not arrive within {seconds:g} seconds.")


class _Watch:
    """One timer for a whole stream: a token costs two assignments, the timer looks after them when it fires.

    Where a deadline has passed it cancels the task that waits, as `asyncio.timeout` does.
    """

    def __init__(self, ends: float) -> None:
        self._loop = asyncio.get_running_loop()
        self._ends = ends
        self._due = ends
        self._task: asyncio.Task[object] | None = None
        self._waiting: asyncio.Task[object] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._cancelling = 0
        self._state: Literal["watching", "struck"] = "watching"
        self.total = False

    def begin(self, seconds: float) -> None:
        self._due = min(self._loop.time() + seconds, self._ends)
        self._waiting = self._task = self._task or asyncio.current_task()
        if self._timer is None or self._timer.when() > self._due:
            self._set_timer(self._due)

    def end(self) -> None:
        self._waiting = None

    def struck(self) -> bool:
        """Whether the cancellation that was just caught is this watch's own, and nobody else's too."""
        task = asyncio.current_task()
        if self._state != "struck" or task is None:
            return False
        return task.uncancel() <= self._cancelling

    def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def _set_timer(self, when: float) -> None:
        self.close()
        self._timer = self._loop.call_at(when, self._look)

    def _look(self) -> None:
        self._timer = None
        if self._waiting is None:
            return  # the reader of the stream is at work; the next `begin` sets the timer again
        now = self._loop.time()
        if now < self._due:
            self._set_timer(self._due)
            return
        self.total = now >= self._ends
        self._state = "struck"
        self._cancelling = self._waiting.cancelling()
        self._waiting.cancel()
