"""The rows of runs: taken up once per attempt, given back without a mark, found by their key, hidden from others."""

from datetime import timedelta

import pytest

from genai_stack.errors import KeyReused, NotFound
from genai_stack.features.runs import store as runs
from genai_stack.features.runs.store import NewRun, RunAttempt
from genai_stack.infra.database.columns import now
from genai_stack.infra.database.database import Database
from genai_stack.infra.database.scope import THE_WORKSPACE, Scope
from tests.fakes import old_runs

ELSEWHERE = Scope("00000000-0000-4000-8000-00000000000f")


async def added(database: Database, **options: object) -> str:
    new = NewRun(await old_runs.workflow(database), 1, "Hi", **options)  # type: ignore[arg-type]
    return await database.run_write(lambda tx: runs.add(tx, THE_WORKSPACE, new))


async def claimed(database: Database, run_id: str, scope: Scope = THE_WORKSPACE) -> RunAttempt | None:
    return await database.run_write(lambda tx: runs.claim(tx, scope, run_id))


async def test_each_claim_is_an_attempt_and_counts_one_that_crashed(database: Database) -> None:
    run_id = await added(database)
    first, second = await claimed(database, run_id), await claimed(database, run_id)
    assert first is not None
    assert second is not None
    assert (first.attempt, first.crashed_attempts, second.attempt, second.crashed_attempts) == (1, 0, 2, 1)
    assert first.started_at == second.started_at


async def test_an_attempt_that_is_released_has_not_crashed(database: Database) -> None:
    run_id = await added(database)
    assert await claimed(database, run_id)
    async with database.write() as session:
        await runs.release(session, THE_WORKSPACE, run_id, attempt=1)
    again = await claimed(database, run_id)
    assert again is not None
    assert (again.attempt, again.crashed_attempts) == (2, 0)


async def test_a_stale_attempt_releases_nothing(database: Database) -> None:
    run_id = await added(database)
    assert await claimed(database, run_id)
    assert await claimed(database, run_id)
    async with database.write() as session:
        await runs.release(session, THE_WORKSPACE, run_id, attempt=1)
    assert await database.run_read(lambda tx: runs.status(tx, THE_WORKSPACE, run_id)) == "running"


async def test_what_has_ended_or_is_anothers_is_not_claimed(database: Database) -> None:
    ended = await old_runs.ended(database, await old_runs.workflow(database))
    assert await claimed(database, ended) is None
    assert await claimed(database, await added(database), ELSEWHERE) is None
    assert await claimed(database, "00000000-0000-4000-8000-0000000000aa") is None


async def test_a_key_finds_its_run_and_refuses_another_request(database: Database) -> None:
    new = NewRun(await old_runs.workflow(database), 1, "Hi", None, "key", b"h" * 32)
    run_id = await database.run_write(lambda tx: runs.add(tx, THE_WORKSPACE, new))
    find = runs.with_key
    assert await database.run_read(lambda tx: find(tx, new.workflow_id, "key", b"h" * 32)) == run_id
    assert await database.run_read(lambda tx: find(tx, new.workflow_id, "other", b"h" * 32)) is None
    with pytest.raises(KeyReused, match="another request"):
        await database.run_read(lambda tx: find(tx, new.workflow_id, "key", b"x" * 32))


async def test_another_workspace_sees_no_run(database: Database) -> None:
    run_id = await added(database)
    async with database.read() as session:
        assert (await runs.get(session, THE_WORKSPACE, run_id)).id == run_id
        with pytest.raises(NotFound, match="no run with this id"):
            await runs.get(session, ELSEWHERE, run_id)
    assert await database.run_read(lambda tx: runs.status(tx, ELSEWHERE, run_id)) is None


async def test_waiting_runs_are_counted_no_further_than_asked(database: Database) -> None:
    before = await database.run_read(lambda tx: runs.waiting(tx, THE_WORKSPACE, 1_000))
    for _ in range(3):
        await added(database)
    count = runs.waiting
    assert await database.run_read(lambda tx: count(tx, THE_WORKSPACE, 1_000)) == before + 3
    assert await database.run_read(lambda tx: count(tx, THE_WORKSPACE, 2)) == 2
    assert await database.run_read(lambda tx: count(tx, ELSEWHERE, 2)) == 0


async def test_unended_runs_are_counted_with_the_oldest(database: Database) -> None:
    began = now()
    first = await added(database)
    await added(database)
    assert await claimed(database, first)
    unended = await database.run_read(runs.unended)
    assert {status: count for status, (count, _) in unended.items()} == {"running": 1, "queued": 1}
    assert all(timedelta(seconds=-1) < oldest - began < timedelta(minutes=1) for _, oldest in unended.values())
