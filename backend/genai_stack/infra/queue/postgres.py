"""The queue in PostgreSQL: a job is a row of procrastinate's, committed with what it is about."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import structlog
from sqlalchemy import Integer, String, bindparam, text

from genai_stack.infra.database.database import Database, Transaction
from genai_stack.infra.queue.queue import Handler, Job, QueueName

TASK_NAME = "work"
PRIORITY_EPOCH_SECONDS = 1_767_225_600  # 2026 began: seconds since then fit a job's priority for 68 years

log = structlog.get_logger(__name__)

# Who came first goes first, in seconds. A further job of the same fairness key stands behind its last one, and one of a
# workspace that has more waiting than may run as if it had come later: so one that floods the queue holds up itself.
_defer = text("""
    SELECT procrastinate_defer_jobs_v1(ARRAY[ROW(
        :queue, :task,
        -greatest(
            extract(epoch FROM clock_timestamp())::int - :epoch + (
                SELECT count(*) FROM procrastinate_jobs
                WHERE status = 'todo' AND queue_name = :queue AND args->>'workspace_id' = :workspace_id
            )::int / :bound,
            1 - (
                SELECT min(priority) FROM procrastinate_jobs
                WHERE status = 'todo' AND args->>'party' = :party AND queue_name = :queue
            )
        ),
        :lock, :once, CAST(:args AS jsonb), NULL
    )::procrastinate_job_to_defer_v1])
""").bindparams(
    *(bindparam(name, type_=String()) for name in ("queue", "workspace_id", "party", "lock", "once", "args")),
    bindparam("bound", type_=Integer()),
    task=TASK_NAME,
    epoch=PRIORITY_EPOCH_SECONDS,
)
_known = text("""
    SELECT args->>'id' FROM procrastinate_jobs
    WHERE queue_name = :queue AND args->>'id' = ANY(:ids) AND status IN ('todo', 'doing')
""")
_take_away = text("""
    DELETE FROM procrastinate_jobs WHERE queue_name = :queue AND args->>'id' = :id AND status = 'todo' RETURNING args
""")
_abort = text("""
    SELECT procrastinate_cancel_job_v1(id, true, false) FROM procrastinate_jobs
    WHERE queue_name = :queue AND args->>'id' = :id AND status = 'doing'
""")


class PostgresQueue:
    """Its workers are `PostgresWorker`s, in this process or in others.

    `serve` names the handler of a waiting job that is cancelled. `limits` says for each queue how many jobs of a
    workspace run at once.
    """

    def __init__(self, database: Database, limits: Mapping[QueueName, int]) -> None:
        self._database, self._limits = database, limits
        self._handlers: dict[QueueName, Handler] = {}

    def serve(self, queue: QueueName, handler: Handler) -> None:
        self._handlers[queue] = handler

    def submit(self, transaction: Transaction, job: Job) -> None:
        transaction.execute(_defer, self._row(job))

    async def requeue_lost(self, queue: QueueName, jobs: Sequence[Job]) -> None:
        if not jobs:
            return

        def submit_lost(transaction: Transaction) -> None:
            asked = {"queue": queue, "ids": [job.id for job in jobs]}
            known = set(transaction.execute(_known, asked).scalars())
            for job in jobs:
                if job.id not in known:
                    self.submit(transaction, job)

        await self._database.run_write(submit_lost)

    async def cancel(self, queue: QueueName, job_id: str) -> None:
        def stop(transaction: Transaction) -> Sequence[dict[str, Any]]:
            asked = {"queue": queue, "id": job_id}
            waited = transaction.execute(_take_away, asked).scalars().all()
            transaction.execute(_abort, asked)
            return waited

        for args in await self._database.run_write(stop):
            await self._handlers[queue](job_of(queue, args))

    def _row(self, job: Job) -> dict[str, Any]:
        fields = {"id": job.id, "workspace_id": job.workspace_id, "lane": job.ordering_key, "party": job.fairness_key}
        return {
            "queue": job.queue,
            "workspace_id": job.workspace_id,
            "party": job.fairness_key,
            "bound": self._limits[job.queue],
            "lock": None if job.ordering_key == job.id else f"{job.queue}:{job.ordering_key}",
            "once": f"{job.queue}:{job.id}",
            "args": msgspec.json.encode(fields).decode(),
        }


def job_of(queue: QueueName, args: Mapping[str, Any]) -> Job:
    """What a newer version may have added is left out."""
    return Job(queue, args["id"], args["workspace_id"], args["lane"], args["party"])
