"""Dispatch within this process: a bound on what runs, a fair turn for each party, one at a time in a lane."""

import asyncio
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable, Mapping
from functools import partial

import structlog

from genai_stack.storage.database import Transaction
from genai_stack.work.dispatch import Job, Queue

Work = Callable[[Job], Awaitable[None]]

log = structlog.get_logger(__name__)


class InProcess:
    """`workers` do the jobs of each queue, at most `limits` of them at once."""

    def __init__(self, limits: Mapping[Queue, int]) -> None:
        self._lines: dict[Queue, _Line] = {queue: _Line(limit) for queue, limit in limits.items()}

    def serve(self, queue: Queue, work: Work) -> None:
        self._lines[queue].work = work

    def submit(self, transaction: Transaction, job: Job) -> None:
        transaction.afterwards(partial(self._lines[job.queue].add, job))

    async def cancel(self, queue: Queue, job_id: str) -> None:
        self._lines[queue].cancel(job_id)

    async def close(self, grace: float) -> None:
        """Start nothing more; give what runs `grace` seconds, then cancel it."""
        for line in self._lines.values():
            line.closed = True
        tasks = [task for line in self._lines.values() for task in line.running.values()]
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=grace)
            for task in late:
                _cancel_once(task)
            await asyncio.gather(*late, return_exceptions=True)


class _Line:
    """One queue: parties take turns, and each gives the oldest job whose lane is free."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.work: Work | None = None
        self.closed = False
        self.running: dict[str, asyncio.Task[None]] = {}
        self._lanes: dict[str, list[Job]] = {}
        """The first job of a lane is the one that runs or may run."""
        self._parties: OrderedDict[str, deque[Job]] = OrderedDict()
        """Jobs that may run as soon as there is room, by party; the next turn is the first one's."""

    def add(self, job: Job) -> None:
        lane = self._lanes.setdefault(job.lane, [])
        lane.append(job)
        if len(lane) == 1:
            self._parties.setdefault(job.party, deque()).append(job)
            self._fill()

    def cancel(self, job_id: str) -> None:
        if task := self.running.get(job_id):
            _cancel_once(task)
            return
        for lane in self._lanes.values():
            for job in lane:
                if job.id == job_id:
                    self._forget(job)
                    self._begin(job)
                    return

    def _fill(self) -> None:
        while not self.closed and len(self.running) < self.limit and self._parties:
            party, jobs = self._parties.popitem(last=False)
            job = jobs.popleft()
            if jobs:
                self._parties[party] = jobs
            self._begin(job)

    def _begin(self, job: Job) -> None:
        assert self.work is not None, f"nobody serves the queue {job.queue}"
        task = asyncio.ensure_future(self.work(job))
        self.running[job.id] = task
        task.add_done_callback(lambda task: self._ended(job, task))

    def _ended(self, job: Job, task: "asyncio.Future[None]") -> None:
        del self.running[job.id]
        if not task.cancelled() and (error := task.exception()):
            log.error("job.failed", queue=job.queue, job=job.id, exc_info=error)
        self._forget(job)
        self._fill()

    def _forget(self, job: Job) -> None:
        """Take a job out of its lane; the next one of the lane may run."""
        lane = self._lanes.get(job.lane)
        if lane is None or job not in lane:
            return
        was_first = lane[0] is job
        lane.remove(job)
        if was_first:
            waiting = self._parties.get(job.party)
            if waiting and job in waiting:
                waiting.remove(job)
                if not waiting:
                    del self._parties[job.party]
        if not lane:
            del self._lanes[job.lane]
        elif was_first:
            self._parties.setdefault(lane[0].party, deque()).append(lane[0])


def _cancel_once(task: "asyncio.Task[None]") -> None:
    """A second cancellation would interrupt what a worker writes down after the first."""
    if not task.cancelling():
        task.cancel()
