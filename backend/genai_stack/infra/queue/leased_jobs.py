"""procrastinate's queue for workers that may freeze, and for a database that may go away."""

import asyncio
import json
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, LiteralString, TypeVar

import psycopg
import structlog
from procrastinate import PsycopgConnector
from procrastinate.connector import Notify
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Job as QueuedJob
from procrastinate.jobs import Status
from procrastinate.manager import JobManager
from typing_extensions import override

from genai_stack.infra.queue.queue import ConcurrencyLimits

RETRY_SECONDS = (0.05, 0.1, 0.2, 0.5, 1.0)  # between attempts while the database is away; the last for ever
JOBS_PER_QUERY = 16  # jobs that are taken in one query
SLOW_QUERY_SECONDS = 3.0  # for one query, after which the database is taken to have been away

# As procrastinate's own, with a bound on how many jobs of one workspace are at work.
FETCH_SQL: LiteralString = """
    WITH full_up AS MATERIALIZED (
        SELECT coalesce(args->>'workspace_id', '') AS workspace_id FROM procrastinate_jobs
        WHERE status = 'doing' AND queue_name = %(queue)s
        GROUP BY 1 HAVING count(*) >= %(bound)s
    ), candidate AS (
        SELECT jobs.id FROM procrastinate_jobs AS jobs
        WHERE jobs.status = 'todo' AND jobs.queue_name = %(queue)s
            AND (jobs.scheduled_at IS NULL OR jobs.scheduled_at <= now())
            AND coalesce(jobs.args->>'workspace_id', '') NOT IN (SELECT workspace_id FROM full_up)
            AND NOT EXISTS (
                SELECT 1 FROM procrastinate_jobs AS other
                WHERE other.lock = jobs.lock AND other.status = 'doing'
            )
            AND NOT EXISTS (
                SELECT 1 FROM procrastinate_jobs AS other
                WHERE other.lock = jobs.lock AND other.status = 'todo'
                    AND (other.priority > jobs.priority OR (other.priority = jobs.priority AND other.id < jobs.id))
            )
        ORDER BY jobs.priority DESC, jobs.id LIMIT %(most)s
        FOR UPDATE OF jobs SKIP LOCKED
    )
    UPDATE procrastinate_jobs AS jobs SET status = 'doing', worker_id = %(worker_id)s
    FROM candidate WHERE jobs.id = candidate.id
    RETURNING jobs.id, status, task_name, priority, lock, queueing_lock, args, scheduled_at, queue_name, attempts,
        worker_id
"""
# A worker that froze and woke up no longer has its job: what it says of it changes nothing.
# The next of its ordering key, or of a workspace that was full up, may go then.
FINISH_SQL: LiteralString = """
    SELECT procrastinate_finish_job_v1(id, %(status)s, %(delete_job)s),
        CASE WHEN EXISTS (SELECT 1 FROM procrastinate_jobs WHERE status = 'todo' AND queue_name = %(queue)s)
        THEN pg_notify('procrastinate_queue_v1#' || queue_name, %(told)s) END
    FROM procrastinate_jobs
    WHERE id = %(job_id)s AND status = 'doing' AND worker_id IS NOT DISTINCT FROM %(worker_id)s
"""
RETRY_SQL: LiteralString = """
    SELECT procrastinate_retry_job_v2(id, %(retry_at)s, NULL, NULL, NULL),
        pg_notify('procrastinate_queue_v1#' || queue_name, %(told)s)
    FROM procrastinate_jobs
    WHERE id = %(job_id)s AND status = 'doing' AND worker_id IS NOT DISTINCT FROM %(worker_id)s
"""
LOST_SQL: LiteralString = """
    SELECT id, status, task_name, priority, lock, queueing_lock, args, scheduled_at, queue_name, attempts, worker_id
    FROM procrastinate_jobs
    WHERE status = 'doing' AND worker_id = %(worker_id)s AND NOT id = ANY(%(mine)s::bigint[])
"""

T = TypeVar("T")

log = structlog.get_logger(__name__)


class RetryingConnector(PsycopgConnector):
    """Asks again while the database is away: a worker waits for it, as long as it takes, unless it is `closing`."""

    closing = False
    away_at = 0.0
    """When the database was last seen to be away, by the clock `time.monotonic`."""

    @override
    async def execute_query_async(self, query: LiteralString, **arguments: Any) -> None:
        ask = super().execute_query_async
        return await self._retry_while_unavailable(lambda: ask(query, **arguments))

    @override
    async def execute_query_one_async(self, query: LiteralString, **arguments: Any) -> dict[str, Any]:
        ask = super().execute_query_one_async
        return await self._retry_while_unavailable(lambda: ask(query, **arguments))

    @override
    async def execute_query_all_async(self, query: LiteralString, **arguments: Any) -> list[dict[str, Any]]:
        ask = super().execute_query_all_async
        return await self._retry_while_unavailable(lambda: ask(query, **arguments))

    @override
    async def listen_notify(self, on_notification: Notify, channels: Iterable[str]) -> None:
        listen = super().listen_notify
        return await self._retry_while_unavailable(lambda: listen(on_notification, list(channels)), slow=False)

    async def _retry_while_unavailable(self, do: Callable[[], Awaitable[T]], *, slow: bool = True) -> T:
        attempt = 0
        while True:
            begun = time.monotonic()
            try:
                return await do()
            except ConnectorException as error:
                if not isinstance(error.__cause__, psycopg.OperationalError | psycopg.InterfaceError):
                    raise
                if self.closing:
                    raise
                self.away_at = time.monotonic()
                log.warning("queue.away", reason=str(error.__cause__).strip())
                await asyncio.sleep(RETRY_SECONDS[min(attempt, len(RETRY_SECONDS) - 1)])
                attempt += 1
            finally:
                if slow and time.monotonic() - begun > SLOW_QUERY_SECONDS:
                    self.away_at = time.monotonic()


class LeasedJobs(JobManager):
    """A job is finished and given back by the worker that has it, and by no other. `closed` stops the taking."""

    def __init__(self, connector: RetryingConnector, limits: Mapping[str, ConcurrencyLimits]) -> None:
        super().__init__(connector)
        self.closed = False
        self.idle = asyncio.Event()
        """Set while this process has no job."""
        self.idle.set()
        self._limits = limits
        self._mine: dict[str, set[int | None]] = {queue: set() for queue in limits}
        """Jobs of each queue that are taken, and neither finished nor given back."""
        self._taken: dict[tuple[str, int], deque[QueuedJob]] = {}
        """Those of a queue that a worker has not begun yet."""

    @override
    async def fetch_job(self, queues: Iterable[str] | None, worker_id: int) -> QueuedJob | None:
        queue = next(iter(queues or ()))  # each worker has one
        taken = self._taken.setdefault((queue, worker_id), deque())
        if not taken and not self.closed:
            taken += await self._take(queue, worker_id)
        if not taken or self.closed:
            return None
        return taken.popleft()

    async def _take(self, queue: str, worker_id: int) -> list[QueuedJob]:
        """Several at once, while none of their workspaces can come to its bound by that; then one by one."""
        limit = self._limits[queue]
        several = min(JOBS_PER_QUERY, limit.workspace, limit.process - len(self._mine[queue]))
        rows = await self._run_read(queue, several, limit.workspace - several + 1, worker_id) if several > 1 else []
        rows = rows or await self._run_read(queue, 1, limit.workspace, worker_id)
        self._mine[queue].update(row["id"] for row in rows)
        if rows:
            self.idle.clear()
        return [QueuedJob.from_row(row) for row in sorted(rows, key=lambda row: (-row["priority"], row["id"]))]

    async def _run_read(self, queue: str, most: int, limit: int, worker_id: int) -> list[dict[str, Any]]:
        asked = {"queue": queue, "bound": limit, "most": most, "worker_id": worker_id}
        return await self.connector.execute_query_all_async(FETCH_SQL, **asked)

    async def give_back(self) -> None:
        """What was taken and is not begun."""
        for taken in self._taken.values():
            while taken:
                await self.retry_job(taken.popleft())

    @override
    async def finish_job(self, job: QueuedJob, status: Status, delete_job: bool) -> None:
        await self.connector.execute_query_async(
            FINISH_SQL,
            job_id=job.id,
            worker_id=job.worker_id,
            queue=job.queue,
            told=_told(job),
            status=status.value,
            delete_job=delete_job,
        )
        self._let_go(job)

    @override
    async def retry_job(
        self,
        job: QueuedJob,
        retry_at: datetime | None = None,
        priority: int | None = None,
        queue: str | None = None,
        lock: str | None = None,
    ) -> None:
        self._let_go(job)
        await self.connector.execute_query_async(
            RETRY_SQL, job_id=job.id, worker_id=job.worker_id, retry_at=retry_at, told=_told(job)
        )

    async def lost_by(self, worker_id: int) -> list[QueuedJob]:
        """Jobs that a worker here has by the queue's word, and not by its own: taken by a query without an answer."""
        mine = [job for jobs in self._mine.values() for job in jobs]
        rows = await self.connector.execute_query_all_async(LOST_SQL, worker_id=worker_id, mine=mine)
        return [QueuedJob.from_row(row) for row in rows]

    def _let_go(self, job: QueuedJob) -> None:
        self._mine[job.queue].discard(job.id)
        if not any(self._mine.values()):
            self.idle.set()


def _told(job: QueuedJob) -> str:
    """What procrastinate's workers listen for."""
    return json.dumps({"type": "job_inserted", "job_id": job.id})
