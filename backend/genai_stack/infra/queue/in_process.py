"""A queue within this process: concurrency limits, a fair turn for each fairness key, order within an ordering key."""

import asyncio
from collections import Counter, OrderedDict, deque
from collections.abc import Mapping, Sequence
from functools import partial

import structlog

from genai_stack.infra.database.database import Transaction
from genai_stack.infra.queue.queue import ConcurrencyLimits, Handler, Job, PeriodicTask, QueueName

Turns = OrderedDict[str, deque[Job]]
"""Jobs by fairness key; the next turn is the first one's."""

FIRST_RUN_SECONDS = 2.0  # after the start, at which periodic tasks run for the first time

log = structlog.get_logger(__name__)


class InProcessQueue:
    """A `Queue`, and the `Worker` of its one process."""

    def __init__(
        self, limits: Mapping[QueueName, ConcurrencyLimits], *, first_run_seconds: float = FIRST_RUN_SECONDS
    ) -> None:
        self._first_run_seconds = first_run_seconds
        self._lines: dict[QueueName, _Line] = {queue: _Line(limit) for queue, limit in limits.items()}
        self._kept: list[PeriodicTask] = []
        self._periodic_tasks: list[asyncio.Task[None]] = []

    def serve(self, queue: QueueName, handler: Handler) -> None:
        self._lines[queue].handler = handler

    def schedule(self, periodic_tasks: Sequence[PeriodicTask]) -> None:
        self._kept += periodic_tasks

    def submit(self, transaction: Transaction, job: Job) -> None:
        transaction.on_commit(partial(self._lines[job.queue].add, job))

    async def requeue_lost(self, queue: QueueName, jobs: Sequence[Job]) -> None:
        line = self._lines[queue]
        for job in jobs:
            if not line.has(job):
                line.add(job)

    async def cancel(self, queue: QueueName, job_id: str) -> None:
        self._lines[queue].cancel(job_id)

    async def start(self) -> None:
        """Jobs are done as soon as they are submitted; periodic tasks, from now on."""
        self._periodic_tasks = [
            asyncio.create_task(_repeat(periodic, self._first_run_seconds)) for periodic in self._kept
        ]

    async def finish(self, grace: float) -> None:
        for line in self._lines.values():
            line.closed = True
        if tasks := self._tasks():
            await asyncio.wait(tasks, timeout=grace)

    async def close(self) -> None:
        for line in self._lines.values():
            line.closed = True
        for periodic in self._periodic_tasks:
            periodic.cancel()
        tasks = self._tasks()
        for task in tasks:
            _cancel_once(task)
        await asyncio.gather(*tasks, *self._periodic_tasks, return_exceptions=True)

    def _tasks(self) -> list[asyncio.Task[None]]:
        return [task for line in self._lines.values() for task in line.running.values()]


class _Line:
    """One queue: workspaces take turns, within them fairness keys; each gives its oldest job that may run."""

    def __init__(self, limits: ConcurrencyLimits) -> None:
        self.limits = limits
        self.handler: Handler | None = None
        self.closed = False
        self.running: dict[str, asyncio.Task[None]] = {}
        self._busy: Counter[str] = Counter()
        """How many jobs run of each workspace."""
        self._by_ordering_key: dict[str, list[Job]] = {}
        """The first job of an ordering key is the one that runs or may run."""
        self._turns: OrderedDict[str, Turns] = OrderedDict()
        """Jobs that may run as soon as there is room, by workspace; the next turn is the first one's."""

    def add(self, job: Job) -> None:
        ordering_key = self._by_ordering_key.setdefault(job.ordering_key, [])
        ordering_key.append(job)
        if len(ordering_key) == 1:
            self._line_up(job)
            self._fill()

    def has(self, job: Job) -> bool:
        return job in self._by_ordering_key.get(job.ordering_key, ())

    def cancel(self, job_id: str) -> None:
        if task := self.running.get(job_id):
            _cancel_once(task)
            return
        for ordering_key in self._by_ordering_key.values():
            for job in ordering_key:
                if job.id == job_id:
                    self._forget(job)
                    self._begin(job)
                    return

    def _line_up(self, job: Job) -> None:
        self._turns.setdefault(job.workspace_id, OrderedDict()).setdefault(job.fairness_key, deque()).append(job)

    def _fill(self) -> None:
        while not self.closed and len(self.running) < self.limits.process and (job := self._next()):
            self._begin(job)

    def _next(self) -> Job | None:
        """Of the first workspace that has room; it and its fairness key go to the end of their lines."""
        for workspace, turns in self._turns.items():
            if self._busy[workspace] < self.limits.workspace:
                fairness_key, jobs = turns.popitem(last=False)
                job = jobs.popleft()
                if jobs:
                    turns[fairness_key] = jobs
                if turns:
                    self._turns.move_to_end(workspace)
                else:
                    del self._turns[workspace]
                return job
        return None

    def _begin(self, job: Job) -> None:
        assert self.handler is not None, f"nobody serves the queue {job.queue}"
        task = asyncio.ensure_future(self.handler(job))
        self.running[job.id] = task
        self._busy[job.workspace_id] += 1
        task.add_done_callback(lambda task: self._ended(job, task))

    def _ended(self, job: Job, task: "asyncio.Future[None]") -> None:
        del self.running[job.id]
        self._busy[job.workspace_id] -= 1
        if not self._busy[job.workspace_id]:
            del self._busy[job.workspace_id]
        if not task.cancelled() and (error := task.exception()):
            log.error("job.failed", queue=job.queue, job=job.id, exc_info=error)
        self._forget(job)
        self._fill()

    def _forget(self, job: Job) -> None:
        """Take a job out of its ordering key, whose next one may run."""
        ordering_key = self._by_ordering_key.get(job.ordering_key)
        if ordering_key is None or job not in ordering_key:
            return
        was_first = ordering_key[0] is job
        ordering_key.remove(job)
        if was_first:
            self._leave(job)
        if not ordering_key:
            del self._by_ordering_key[job.ordering_key]
        elif was_first:
            self._line_up(ordering_key[0])

    def _leave(self, job: Job) -> None:
        """Out of the turns, where it was cancelled while it waited."""
        turns = self._turns.get(job.workspace_id)
        waiting = turns.get(job.fairness_key) if turns else None
        if turns and waiting and job in waiting:
            waiting.remove(job)
            if not waiting:
                del turns[job.fairness_key]
            if not turns:
                del self._turns[job.workspace_id]


async def _repeat(periodic: PeriodicTask, first_run_seconds: float) -> None:
    """For the first time soon: a server at home may not run for long."""
    pause = first_run_seconds
    while True:
        await asyncio.sleep(pause)
        pause = periodic.minutes * 60.0
        try:
            await periodic.do()
        except Exception:
            log.exception("periodic_task.failed", periodic=periodic.name)


def _cancel_once(task: "asyncio.Task[None]") -> None:
    """A second cancellation would interrupt what a worker writes down after the first."""
    if not task.cancelling():
        task.cancel()
