"""The journal: committed in groups, numbered without gaps, and never by an attempt that is no longer the current one."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import func, select, update

from genai_stack.engine.events import AnswerDelta, NodeFinished, NodeStarted, Preview, RunFinished
from genai_stack.features.runs import store as runs
from genai_stack.features.runs.journal.journal import Journal, StaleAttempt
from genai_stack.features.runs.journal.run_log import RunEnd
from genai_stack.features.runs.tables import Event, NodeOutputRow, Run
from genai_stack.infra.database.database import Database
from genai_stack.infra.database.scope import THE_WORKSPACE
from genai_stack.infra.pubsub.local import LocalPubSub
from tests.fakes import old_runs
from tests.support.engine import Out


@pytest.fixture
async def journal(database: Database) -> AsyncIterator[Journal]:
    made = Journal(database, LocalPubSub())
    made.start()
    yield made
    await made.close()


async def begun(database: Database) -> str:
    """The id of a run that was taken up for the first time."""
    workflow_id = await old_runs.workflow(database)
    new = runs.NewRun(workflow_id, 1, "Hi")
    run_id = await database.run_write(lambda tx: runs.add(tx, THE_WORKSPACE, new))
    assert await database.run_write(lambda tx: runs.claim(tx, THE_WORKSPACE, run_id))
    return run_id


async def seqs(database: Database, run_id: str) -> list[int]:
    async with database.read() as session:
        return list(await session.scalars(select(Event.seq).where(Event.run_id == run_id).order_by(Event.seq)))


async def test_what_is_settled_is_in_the_database(database: Database, journal: Journal) -> None:
    run_id = await begun(database)
    log = journal.open(THE_WORKSPACE, run_id, 1, 0)
    for number in range(5):
        log.write("n", AnswerDelta(str(number)))
    await log.settled()
    assert await seqs(database, run_id) == [1, 2, 3, 4, 5]
    assert [event.seq for event in log.tail] == [1, 2, 3, 4, 5]


async def test_many_runs_share_a_commit(database: Database, journal: Journal) -> None:
    ids = [await begun(database) for _ in range(5)]
    logs = [journal.open(THE_WORKSPACE, run_id, 1, 0) for run_id in ids]
    for log in logs:
        log.append_text("n", "answer", "a")
    await asyncio.gather(*(log.settled() for log in logs))
    assert [await seqs(database, run_id) for run_id in ids] == [[1]] * 5


async def test_the_end_sets_the_row_and_removes_what_a_run_is_resumed_by(database: Database, journal: Journal) -> None:
    run_id = await begun(database)
    log = journal.open(THE_WORKSPACE, run_id, 1, 0)
    log.write("n", NodeStarted("N", "query"))
    log.write("n", NodeFinished("N", "query", 1.0, Preview({}), Preview({})), Out("kept"))
    await log.settled()
    kept = select(func.count()).select_from(NodeOutputRow).where(NodeOutputRow.run_id == run_id)
    async with database.read() as session:
        assert await session.scalar(kept) == 1
    values = {
        "status": "succeeded", "answer": "a", "sources": [], "usage": {}, "finish_reason": None,
        "error": None, "finished_at": None,
    }  # fmt: skip
    log.end(RunFinished("succeeded", None, 1.0, {}), RunEnd(values))
    await log.settled()
    async with database.read() as session:
        run = await runs.get(session, THE_WORKSPACE, run_id)
        assert (run.status, run.answer, await session.scalar(kept)) == ("succeeded", "a", 0)


async def test_an_attempt_that_is_no_longer_the_current_one_writes_nothing(
    database: Database, journal: Journal
) -> None:
    stale, current = await begun(database), await begun(database)
    logs = [journal.open(THE_WORKSPACE, run_id, 1, 0) for run_id in (stale, current)]
    async with database.write() as session:
        await session.execute(update(Run).where(Run.id == stale).values(attempt=2))
    for log in logs:
        log.write("n", AnswerDelta("a"))
    with pytest.raises(StaleAttempt):
        await logs[0].settled()
    await logs[1].settled()
    assert (await seqs(database, stale), await seqs(database, current)) == ([], [1])
    with pytest.raises(StaleAttempt):
        logs[0].write("n", AnswerDelta("b"))


async def test_closing_commits_what_is_left(database: Database) -> None:
    journal = Journal(database, LocalPubSub())
    journal.start()
    run_id = await begun(database)
    journal.open(THE_WORKSPACE, run_id, 1, 0).write("n", AnswerDelta("a"))
    await journal.close()
    assert await seqs(database, run_id) == [1]


async def test_subscribers_are_notified_of_what_is_committed(database: Database) -> None:
    pubsub = LocalPubSub()
    journal = Journal(database, pubsub)
    journal.start()
    run_id = await begun(database)
    with pubsub.subscribe(f"run:{run_id}") as subscription:
        journal.open(THE_WORKSPACE, run_id, 1, 0).write("n", AnswerDelta("a"))
        async with asyncio.timeout(30):
            await subscription.wait(30)
        assert await seqs(database, run_id) == [1]
    await journal.close()
