"""What the queue itself leaves behind."""

from sqlalchemy import text

from genai_stack.infra.database.database import Database
from genai_stack.infra.queue.postgres import PostgresQueue
from genai_stack.infra.queue.postgres_worker import PostgresWorker
from genai_stack.infra.queue.queue import ConcurrencyLimits, Job
from tests.support.postgres import Postgres


async def test_a_job_that_ended_in_the_queue_goes_after_a_day(postgres: Postgres) -> None:
    database = Database(postgres.migrated())
    worker = PostgresWorker(database.conninfo, {"runs": ConcurrencyLimits(1, 1)})
    try:
        job_queue = PostgresQueue(database, {"runs": 1})
        for name in ("old", "young"):
            await database.run_write(lambda now, name=name: job_queue.submit(now, Job("runs", name, "w", name, "p")))
        async with database.write() as session:
            await session.execute(text("UPDATE procrastinate_jobs SET status = 'cancelled'"))
            await session.execute(
                text(
                    "UPDATE procrastinate_events SET at = at - interval '25 hours' FROM procrastinate_jobs AS job"
                    " WHERE job.id = job_id AND job.args->>'id' = 'old'"
                )
            )
        await worker.start()
        await worker.tidy()
        async with database.read() as session:
            left = await session.scalars(text("SELECT args->>'id' FROM procrastinate_jobs WHERE queue_name = 'runs'"))
            assert list(left) == ["young"]
    finally:
        await worker.close()
        await database.close()
