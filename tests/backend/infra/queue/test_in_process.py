"""What the queue of one process adds to the suite of all queues: fair turns, and periodic tasks that may fail."""

import asyncio

import pytest

from genai_stack.infra.queue.in_process import InProcessQueue
from genai_stack.infra.queue.queue import ConcurrencyLimits, Job, PeriodicTask
from tests.support.talk import until


class Worked:
    """A queue of one place whose jobs end when they are told."""

    def __init__(self, limits: ConcurrencyLimits) -> None:
        self.queue = InProcessQueue({"runs": limits})
        self.queue.serve("runs", self._work)
        self.began: list[str] = []
        self._doors: dict[str, asyncio.Event] = {}

    async def add(self, *jobs: Job) -> None:
        await self.queue.requeue_lost("runs", jobs)
        await asyncio.sleep(0)

    async def end(self, name: str) -> None:
        began = len(self.began)
        self._doors[name].set()
        await until(lambda: len(self.began) > began)

    async def _work(self, job: Job) -> None:
        self.began.append(job.id)
        await self._doors.setdefault(job.id, asyncio.Event()).wait()


def job(name: str, fairness_key: str, workspace: str = "w") -> Job:
    return Job("runs", name, workspace, name, fairness_key)


async def test_each_fairness_key_gets_its_turn() -> None:
    worked = Worked(ConcurrencyLimits(1, 1))
    await worked.add(job("a1", "a"), job("a2", "a"), job("a3", "a"), job("b1", "b"))
    for name in ("a1", "a2", "b1"):
        await worked.end(name)
    assert worked.began in (["a1", "a2", "b1", "a3"], ["a1", "b1", "a2", "a3"])
    await worked.queue.close()


async def test_a_workspace_at_its_limit_holds_up_no_other() -> None:
    worked = Worked(ConcurrencyLimits(2, 1))
    await worked.add(job("one", "a", "w"), job("two", "b", "w"), job("other", "c", "v"))
    assert worked.began == ["one", "other"]
    await worked.queue.close()


async def test_a_job_that_is_there_is_not_submitted_twice() -> None:
    worked = Worked(ConcurrencyLimits(1, 1))
    await worked.add(job("one", "a"), job("one", "a"))
    await worked.add(job("one", "a"), job("last", "a"))
    await worked.end("one")
    assert worked.began == ["one", "last"]
    await worked.queue.close()


async def test_a_queue_that_finishes_takes_nothing_more() -> None:
    worked = Worked(ConcurrencyLimits(1, 1))
    await worked.queue.finish(0)
    await worked.add(job("late", "a"))
    assert worked.began == []
    await worked.queue.close()


async def test_a_job_without_a_worker_is_a_fault_of_the_program() -> None:
    queue = InProcessQueue({"runs": ConcurrencyLimits(1, 1)})
    with pytest.raises(AssertionError, match="nobody serves the queue runs"):
        await queue.requeue_lost("runs", [job("one", "a")])


async def test_a_periodic_task_that_fails_is_done_again(caplog: pytest.LogCaptureFixture) -> None:
    times = 0

    async def fail() -> None:
        nonlocal times
        times += 1
        raise RuntimeError("as told")

    queue = InProcessQueue({}, first_run_seconds=0.0)
    queue.schedule([PeriodicTask("fails", 0, fail)])
    await queue.start()
    await until(lambda: times >= 2)
    await queue.close()
