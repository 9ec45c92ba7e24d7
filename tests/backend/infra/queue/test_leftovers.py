"""What the queue itself leaves behind."""

from sqlalchemy import text

from genai_stack.infra.database.database import Database
from genai_stack.infra.queue.postgres import Distributed
from genai_stack.infra.queue.postgres_worker import Crew
from genai_stack.infra.queue.queue import Bounds, Job
from tests.support.postgres import Postgres


async def test_a_job_that_ended_in_the_queue_goes_after_a_day(postgres: Postgres) -> None:
    database = Database(postgres.migrated())
    crew = Crew(database.conninfo, {"runs": Bounds(1, 1)})
    try:
        dispatch = Distributed(database, {"runs": 1})
        for name in ("old", "young"):
            await database.transact(lambda now, name=name: dispatch.submit(now, Job("runs", name, "w", name, "p")))
        async with database.write() as session:
            await session.execute(text("UPDATE procrastinate_jobs SET status = 'cancelled'"))
            await session.execute(
                text(
                    "UPDATE procrastinate_events SET at = at - interval '25 hours' FROM procrastinate_jobs AS job"
                    " WHERE job.id = job_id AND job.args->>'id' = 'old'"
                )
            )
        await crew.start()
        await crew.tidy()
        async with database.read() as session:
            left = await session.scalars(text("SELECT args->>'id' FROM procrastinate_jobs WHERE queue_name = 'runs'"))
            assert list(left) == ["young"]
    finally:
        await crew.close()
        await database.close()
