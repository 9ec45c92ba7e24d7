"""The workers of one process: they take jobs from the queue, do them, and give back what dead workers left."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from typing import Any

import structlog
from procrastinate import App, BaseRetryStrategy, JobContext, RetryDecision
from procrastinate.job_context import AbortReason
from procrastinate.jobs import DeleteJobCondition
from procrastinate.jobs import Job as QueuedJob
from procrastinate.worker import Worker
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool
from typing_extensions import override

from genai_stack.infra.queue.leased_jobs import LeasedJobs, RetryingConnector
from genai_stack.infra.queue.postgres import TASK_NAME, job_of
from genai_stack.infra.queue.queue import ConcurrencyLimits, Handler, PeriodicTask, QueueName

HEARTBEAT_SECONDS = 2.0  # between signs of life, and between looks for those of others
STALLED_SECONDS = 6.0  # without one, after which a worker's jobs go to others
FORGOTTEN_SECONDS = 3600.0  # after which a dead worker's row goes
POLL_SECONDS = 2.0  # after which a worker looks for itself, should a notification be lost
POOL_CONNECTIONS = 4
PERIODIC_QUEUE = "chores"

log = structlog.get_logger(__name__)


class _ReleasedError(Exception):
    """This process ends before the job does."""


class _RetryElsewhere(BaseRetryStrategy):
    """A job that this process could not end goes to another one, at once."""

    @override
    def get_retry_decision(self, *, exception: BaseException, job: QueuedJob) -> RetryDecision | None:
        handed_back = isinstance(exception, _ReleasedError | asyncio.CancelledError)
        return RetryDecision() if handed_back else None


class PostgresWorker:
    """The `Worker` of one process of many. `url` is that of the PostgreSQL database, for libpq."""

    def __init__(self, url: str, limits: Mapping[QueueName, ConcurrencyLimits]) -> None:
        self._connector = RetryingConnector(
            pool_factory=_pool,
            conninfo=url,
            min_size=1,
            max_size=POOL_CONNECTIONS,
            configure=_configure,
        )
        self._app = App(connector=self._connector)
        self._limits: dict[str, ConcurrencyLimits] = {**limits, PERIODIC_QUEUE: ConcurrencyLimits(1, 100)}
        self._jobs = self._app.job_manager = LeasedJobs(self._connector, self._limits)
        self._app.task(name=TASK_NAME, pass_context=True, retry=_RetryElsewhere())(self._do)
        self._handlers: dict[str, Handler] = {}
        self._workers: dict[str, Worker] = {}
        self._suspects: set[int] = set()
        self._tasks: list[asyncio.Task[None]] = []

    def serve(self, queue: QueueName, handler: Handler) -> None:
        self._handlers[queue] = handler

    def schedule(self, periodic_tasks: Sequence[PeriodicTask]) -> None:
        for periodic in periodic_tasks:
            task = self._app.task(
                name=periodic.name, queue=PERIODIC_QUEUE, lock=periodic.name, queueing_lock=periodic.name
            )
            self._app.periodic(cron=_cron(periodic.minutes))(task(_periodic(periodic)))

    async def start(self) -> None:
        await self._app.open_async()
        self._tasks = [asyncio.create_task(self._run_workers(queue)) for queue in self._limits]
        self._tasks.append(asyncio.create_task(self._watch()))

    async def finish(self, grace: float) -> None:
        self._jobs.closed = True
        try:
            async with asyncio.timeout(grace):
                await self._jobs.give_back()
                await self._jobs.idle.wait()
        except TimeoutError:
            log.info("worker.drain_timeout")

    async def close(self) -> None:
        self._jobs.closed = self._connector.closing = True
        for worker in self._workers.values():
            worker.stop()
        *workers, watch = self._tasks
        await asyncio.gather(*workers, return_exceptions=True)
        watch.cancel()
        await asyncio.gather(watch, return_exceptions=True)
        await self._app.close_async()

    async def tidy(self) -> None:
        """Jobs go when they end; those that a cancellation and a hand-over met in one moment would stay."""
        await self._jobs.delete_old_jobs(24, include_failed=True, include_cancelled=True, include_aborted=True)

    async def _do(self, context: JobContext, **args: Any) -> None:
        queued = context.job
        try:
            await self._handlers[queued.queue](job_of(queued.queue, args))  # pyright: ignore[reportArgumentType]
        except asyncio.CancelledError:
            if context.abort_reason() is not AbortReason.USER_REQUEST:
                raise
        except Exception:
            log.exception("job.failed", queue=queued.queue, job=args.get("id"))
        if context.abort_reason() is AbortReason.SHUTDOWN:
            raise _ReleasedError

    async def _run_workers(self, queue: str) -> None:
        """A worker that stumbles is followed by another, under a new name."""
        while not self._jobs.closed:
            worker = self._workers[queue] = Worker(
                self._app,
                queues=[queue],
                name=queue,
                concurrency=self._limits[queue].process,
                fetch_job_polling_interval=POLL_SECONDS,
                abort_job_polling_interval=POLL_SECONDS,
                shutdown_graceful_timeout=0,
                delete_jobs=DeleteJobCondition.ALWAYS,
                install_signal_handlers=False,
                update_heartbeat_interval=HEARTBEAT_SECONDS,
                stalled_worker_timeout=FORGOTTEN_SECONDS,
            )
            try:
                await worker.run()
            except Exception:
                log.exception("worker.stumbled", queue=queue)
            if not self._jobs.closed:
                await asyncio.sleep(HEARTBEAT_SECONDS)

    async def _watch(self) -> None:
        """Looks for jobs whose worker gives no sign of life.

        After a time in which this process froze or the database was away nobody could give one, so everybody gets
        the time to do so first.
        """
        believed_from = 0.0
        while True:
            begun = time.monotonic()
            await asyncio.sleep(HEARTBEAT_SECONDS)
            if time.monotonic() - begun > 2 * HEARTBEAT_SECONDS:
                believed_from = time.monotonic() + STALLED_SECONDS
            try:
                if time.monotonic() > max(believed_from, self._connector.away_at + STALLED_SECONDS):
                    await self._retry_stalled()
                else:
                    await self._retry_lost()
            except Exception:
                log.exception("watch.stumbled")

    async def _retry_stalled(self) -> None:
        for job in await self._jobs.get_stalled_jobs(seconds_since_heartbeat=STALLED_SECONDS):
            log.warning("job.stalled", queue=job.queue, job=job.task_kwargs.get("id"), worker=job.worker_id)
            await self._jobs.retry_job(job)

    async def _retry_lost(self) -> None:
        """Seen twice in a row: the first time it may be on its way."""
        lost: dict[int, QueuedJob] = {}
        for worker in self._workers.values():
            if worker.worker_id is not None:
                found = await self._jobs.lost_by(worker.worker_id)
                lost |= {job.id: job for job in found if job.id is not None}
        for job_id in lost.keys() & self._suspects:
            log.warning("job.lost", queue=lost[job_id].queue, job=lost[job_id].task_kwargs.get("id"))
            await self._jobs.retry_job(lost[job_id])
        self._suspects = set(lost)


async def _configure(connection: AsyncConnection[Any]) -> None:
    """The queue need not wait for the disk: of what the database loses, jobs are done again."""
    await connection.set_autocommit(True)
    await connection.execute("SET synchronous_commit = off")


def _pool(**options: Any) -> AsyncConnectionPool:
    """Without a check before each use: a connection that died is tried once, and then another."""
    options["check"] = None
    return AsyncConnectionPool(**options)


def _cron(minutes: int) -> str:
    return f"*/{minutes} * * * *" if minutes < 60 else f"0 */{minutes // 60} * * *"


def _periodic(periodic: PeriodicTask) -> Any:
    async def do(timestamp: int) -> None:
        del timestamp
        try:
            await periodic.do()
        except Exception:
            log.exception("periodic_task.failed", periodic=periodic.name)

    return do
