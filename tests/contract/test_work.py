"""What every Dispatch and every Wake must do."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

import pytest

from genai_stack.storage.database import Database
from genai_stack.work.bells import LocalWake
from genai_stack.work.dispatch import Job
from genai_stack.work.in_process import InProcess
from genai_stack.work.wake import Wake
from tests.support.talk import until


def job(name: str, lane: str | None = None, party: str = "p") -> Job:
    return Job("runs", name, "w", lane or name, party)


class Bench:
    """A dispatch whose worker notes what it does and waits at a door."""

    def __init__(self, database: Database, limit: int = 10) -> None:
        self.database = database
        self.began: list[str] = []
        self.ended: list[str] = []
        self.stopped: list[str] = []
        self.door = asyncio.Event()
        self.dispatch = InProcess({"runs": limit})
        self.dispatch.serve("runs", self._work)

    async def _work(self, job: Job) -> None:
        self.began.append(job.id)
        try:
            if not job.id.startswith("quick"):
                await self.door.wait()
            if job.id.startswith("bad"):
                raise RuntimeError("a worker that fails")
        except asyncio.CancelledError:
            self.stopped.append(job.id)
            raise
        self.ended.append(job.id)

    async def submit(self, *jobs: Job) -> None:
        async with self.database.write() as session:
            for one in jobs:
                await session.take_part(partial(self.dispatch.submit, job=one))


@pytest.fixture
def bench(database: Database) -> Bench:
    return Bench(database)


async def test_a_job_starts_when_its_transaction_is_committed(bench: Bench) -> None:
    async with bench.database.write() as session:
        await session.take_part(partial(bench.dispatch.submit, job=job("a")))
        await asyncio.sleep(0.05)
        assert bench.began == []
    await until(lambda: bench.began == ["a"])
    await bench.dispatch.close(0)


async def test_a_job_of_a_transaction_that_fails_never_starts(bench: Bench) -> None:
    with pytest.raises(RuntimeError, match="taken back"):
        async with bench.database.write() as session:
            await session.take_part(partial(bench.dispatch.submit, job=job("a")))
            raise RuntimeError("taken back")
    await asyncio.sleep(0.05)
    assert bench.began == []


async def test_jobs_of_a_lane_run_one_after_another_in_order(bench: Bench) -> None:
    await bench.submit(job("a", "l"), job("b", "l"), job("c", "l"), job("quick"))
    await until(lambda: "quick" in bench.ended)
    assert bench.began == ["a", "quick"]
    bench.door.set()
    await until(lambda: len(bench.ended) == 4)
    assert [name for name in bench.began if name != "quick"] == ["a", "b", "c"]


async def test_no_more_run_at_once_than_are_allowed(database: Database) -> None:
    bench = Bench(database, limit=2)
    await bench.submit(*(job(f"j{number}") for number in range(5)))
    await until(lambda: len(bench.began) == 2)
    await asyncio.sleep(0.05)
    assert len(bench.began) == 2
    bench.door.set()
    await until(lambda: len(bench.ended) == 5)


async def test_each_party_gets_its_turn(database: Database) -> None:
    bench = Bench(database, limit=1)
    await bench.submit(*(job(f"greedy{number}", party="greedy") for number in range(5)), job("other", party="other"))
    bench.door.set()
    await until(lambda: len(bench.ended) == 6)
    assert bench.began.index("other") <= 2


async def test_a_running_job_is_cancelled(bench: Bench) -> None:
    await bench.submit(job("a", "l"), job("b", "l"))
    await until(lambda: bench.began == ["a"])
    await bench.dispatch.cancel("runs", "a")
    await bench.dispatch.cancel("runs", "a")
    await until(lambda: bench.stopped == ["a"])
    bench.door.set()
    await until(lambda: bench.ended == ["b"])


async def test_a_waiting_job_that_is_cancelled_is_started_at_once_to_be_told(bench: Bench) -> None:
    await bench.submit(job("a", "l"), job("quick-b", "l"), job("c", "l"))
    await until(lambda: bench.began == ["a"])
    await bench.dispatch.cancel("runs", "quick-b")
    await until(lambda: bench.ended == ["quick-b"])
    assert bench.began == ["a", "quick-b"]
    bench.door.set()
    await until(lambda: bench.ended == ["quick-b", "a", "c"])
    await bench.dispatch.cancel("runs", "nobody")


async def test_a_worker_that_fails_holds_up_nobody(bench: Bench) -> None:
    bench.door.set()
    await bench.submit(job("bad", "l"), job("next", "l"))
    await until(lambda: bench.ended == ["next"])


async def test_closing_waits_a_while_and_starts_nothing_more(bench: Bench) -> None:
    await bench.submit(job("a", "l"), job("b", "l"))
    await until(lambda: bench.began == ["a"])
    await bench.dispatch.close(0.05)
    assert (bench.stopped, bench.began) == (["a"], ["a"])


@pytest.fixture(params=[LocalWake])
def wake(request: pytest.FixtureRequest) -> Wake:
    return request.param()


async def soon(waiting: Awaitable[None]) -> None:
    async with asyncio.timeout(5):
        await waiting


async def test_a_bell_rings_for_its_topic_alone(wake: Wake) -> None:
    with wake.listen("a") as mine, wake.listen("a") as other, wake.listen("b") as foreign:
        wake.tell("a")
        await soon(mine.wait(60))
        await soon(other.wait(60))
        late: Callable[[], Awaitable[None]] = partial(foreign.wait, 60)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await late()


async def test_what_came_before_waiting_is_not_missed_and_rings_once(wake: Wake) -> None:
    with wake.listen("a") as bell:
        for _ in range(3):
            wake.tell("a")
        await soon(bell.wait(60))
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await bell.wait(60)


async def test_a_bell_that_does_not_ring_lets_go_after_its_time(wake: Wake) -> None:
    with wake.listen("a") as bell:
        await soon(bell.wait(0.05))


async def test_nobody_needs_to_listen(wake: Wake) -> None:
    wake.tell("nobody")
    with wake.listen("a"):
        pass
    wake.tell("a")
