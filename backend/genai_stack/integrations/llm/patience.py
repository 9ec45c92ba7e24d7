"""Deadlines and retries, the same for every chat model."""

import asyncio
import random
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Final, Literal, cast

import msgspec
from msgspec import Struct

from genai_stack.errors import ProviderFailed, ProviderTooSlow
from genai_stack.integrations.llm.chat_model import ChatModel, ChatRequest, Delta

LONGEST_WAIT: Final = 30.0  # seconds that a provider may ask for
_FIRST_BACK_OFF: Final = 0.5
_LONGEST_BACK_OFF: Final = 8.0


class Deadlines(Struct, frozen=True):
    """In seconds. `total` counts all attempts and the time between them."""

    connect: float = 10.0
    first_token: float = 60.0
    between_tokens: float = 30.0
    total: float = 600.0


async def patient(
    model: ChatModel,
    request: ChatRequest,
    deadlines: Deadlines = Deadlines(),  # noqa: B008  frozen
    *,
    attempts: int = 3,
    on_retry: Callable[[str], None] | None = None,
) -> AsyncGenerator[Delta, None]:
    """The model's deltas. Retried is only what failed before the first one, and what may succeed later.

    `on_retry` gets a sentence for the person who waits. Raises ProviderFailed. Iterate it inside
    `contextlib.aclosing` when you may stop early: that closes the connection at once.
    """
    request = msgspec.structs.replace(request, connect_within=deadlines.connect)
    ends = asyncio.get_running_loop().time() + deadlines.total
    for attempt in range(1, attempts + 1):
        begun = False
        try:
            async with aclosing(_watched(model, request, deadlines, ends)) as deltas:
                async for delta in deltas:
                    begun = True
                    yield delta
        except ProviderFailed as failed:
            if begun or not failed.retryable:
                raise
            wait = _wait(failed, attempt)
            if attempt == attempts or wait is None or asyncio.get_running_loop().time() + wait >= ends:
                _say_how_often(failed, attempt, wait)
                raise
            if on_retry is not None:
                on_retry(f"{failed.message} Trying again ({attempt + 1} of {attempts}).")
        else:
            return
        await asyncio.sleep(wait)


def _wait(failed: ProviderFailed, attempt: int) -> float | None:
    """Seconds before the next attempt: as the provider asks, else exponential with full jitter. None: too long."""
    if failed.retry_after is not None:
        asked = failed.retry_after
        return asked + random.uniform(0, asked / 10) if asked <= LONGEST_WAIT else None  # noqa: S311  no secret
    return random.uniform(0, min(_LONGEST_BACK_OFF, _FIRST_BACK_OFF * 2 ** (attempt - 1)))  # noqa: S311


def _say_how_often(failed: ProviderFailed, attempts: int, wait: float | None) -> None:
    if wait is None:
        failed.message += f" It asks to wait for {failed.retry_after:.0f} seconds: try again then."
    elif attempts > 1:
        failed.message += f" It was tried {attempts} times."
    failed.args = (failed.message,)


async def _watched(
    model: ChatModel, request: ChatRequest, deadlines: Deadlines, ends: float
) -> AsyncGenerator[Delta, None]:
    """One attempt under the watch of its deadlines."""
    watch = _Watch(ends)
    # A generator is what `async def` with `yield` gives, though its annotation may say no more than iterator.
    deltas = cast("AsyncGenerator[Delta, None]", model.stream(request))
    patience, waits_for = deadlines.first_token, "first"
    try:
        async with aclosing(deltas):
            while True:
                watch.begin(patience)
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
                patience, waits_for = deadlines.between_tokens, "next"
    finally:
        watch.close()


def _too_slow(model: ChatModel, total: bool, waits_for: str, deadlines: Deadlines) -> ProviderTooSlow:
    name = str(getattr(model, "name", "The model"))
    if total:
        return ProviderTooSlow(f"{name} had not given its whole answer after {deadlines.total:g} seconds.")
    seconds = deadlines.first_token if waits_for == "first" else deadlines.between_tokens
    return ProviderTooSlow(f"{name} kept silent: the {waits_for} token did not come within {seconds:g} seconds.")


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

    def begin(self, patience: float) -> None:
        self._due = min(self._loop.time() + patience, self._ends)
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
