"""Places for heavy work."""

import asyncio
from contextlib import suppress

import pytest

from genai_stack.errors import Busy
from genai_stack.infra.places import Places


async def test_so_many_run_so_many_wait_and_the_rest_is_refused() -> None:
    places = Places("pages are being drawn", running=2, waiting=3)
    running, most, go_on = 0, 0, asyncio.Event()

    async def work() -> None:
        nonlocal running, most
        async with places.take():
            running += 1
            most = max(most, running)
            await go_on.wait()
            running -= 1

    tasks = [asyncio.create_task(work()) for _ in range(9)]
    refused, _ = await asyncio.wait(tasks[5:])
    assert all(isinstance(task.exception(), Busy) for task in refused)
    assert "Try again" in str(tasks[8].exception())
    assert running == 2
    go_on.set()
    await asyncio.gather(*tasks[:5])
    assert (running, most) == (0, 2)


async def test_place_comes_back_from_work_that_fails_or_is_cancelled() -> None:
    places = Places("pages are being drawn", running=1, waiting=1)
    with suppress(ValueError):
        async with places.take():
            raise ValueError
    async with places.take():
        waiting = asyncio.create_task(places.take().__aenter__())
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        waiting = asyncio.create_task(places.take().__aenter__())
        await asyncio.sleep(0)
        assert not waiting.done()
    await waiting
