"""The port of job queues: work that outlives a request."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from genai_stack.infra.database.database import Transaction

QueueName = Literal["runs", "ingestion"]


@dataclass(frozen=True, slots=True)
class Job:
    """Work on a row. Jobs of one `ordering_key` run one after another; those of one `fairness_key` share a turn."""

    queue: QueueName
    id: str
    workspace_id: str
    ordering_key: str
    fairness_key: str


Handler = Callable[[Job], Awaitable[None]]
"""Sees a job to its end, or hands it back when it is cancelled. It may be called again for a job that has ended."""


@dataclass(frozen=True, slots=True)
class ConcurrencyLimits:
    """How many jobs of a queue run at once: in one process, and of one workspace."""

    process: int
    workspace: int


@dataclass(frozen=True, slots=True)
class PeriodicTask:
    """What is done again every so many minutes, by one process of all; one that fails is done at its next time."""

    name: str
    minutes: int
    do: Callable[[], Awaitable[None]]


class Queue(Protocol):
    """Hands jobs to workers: at least once, and in order within an ordering key."""

    def submit(self, transaction: Transaction, job: Job) -> None:
        """The job starts when the transaction is committed, and never if it is not."""
        ...

    async def requeue_lost(self, queue: QueueName, jobs: Sequence[Job]) -> None:
        """Submit those of the jobs that nobody is at and that nobody will be at: the ones that were lost."""
        ...

    async def cancel(self, queue: QueueName, job_id: str) -> None:
        """Its worker gets a `CancelledError`; a job that still waits is started at once, to be told so."""
        ...


class Worker(Protocol):
    """What does the jobs, in one process."""

    def serve(self, queue: QueueName, handler: Handler) -> None: ...

    def schedule(self, periodic_tasks: Sequence[PeriodicTask]) -> None:
        """Do each at its times, until this is closed; before `start`."""
        ...

    async def start(self) -> None: ...

    async def finish(self, grace: float) -> None:
        """Take nothing more, and give what runs `grace` seconds."""
        ...

    async def close(self) -> None:
        """What still runs is cancelled, and handed back."""
        ...
