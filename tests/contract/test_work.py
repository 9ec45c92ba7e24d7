"""What every Dispatch and every Wake must do."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import text

from genai_stack.app import schema
from genai_stack.infra.database.database import Database, Transaction
from genai_stack.infra.pubsub.local import LocalPubSub
from genai_stack.infra.pubsub.postgres import PostgresPubSub
from genai_stack.infra.pubsub.pubsub import PubSub
from genai_stack.infra.queue.in_process import InProcessQueue
from genai_stack.infra.queue.postgres import PostgresQueue
from genai_stack.infra.queue.postgres_worker import PostgresWorker
from genai_stack.infra.queue.queue import ConcurrencyLimits, Job
from tests.support.postgres import Postgres
from tests.support.talk import until

MANY = 100


def job(name: str, ordering_key: str | None = None, fairness_key: str = "p", workspace: str = "w") -> Job:
    return Job("runs", name, workspace, ordering_key or name, fairness_key)


class Bench:
    """A dispatch whose worker notes what it does and waits at a door."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.began: list[str] = []
        self.ended: list[str] = []
        self.stopped: list[str] = []
        self.door = asyncio.Event()
        self.job_queue: InProcessQueue | PostgresQueue
        self.worker: InProcessQueue | PostgresWorker

    async def open(self, process: int = 10, workspace: int = MANY) -> "Bench":
        limits = ConcurrencyLimits(process, workspace)
        if self.database.is_sqlite:
            self.job_queue = self.worker = InProcessQueue({"runs": limits})
        else:
            self.job_queue = PostgresQueue(self.database, {"runs": workspace})
            self.worker = PostgresWorker(self.database.conninfo, {"runs": limits})
            self.worker.serve("runs", self._work)
        self.job_queue.serve("runs", self._work)
        await self.worker.start()
        return self

    async def close(self, grace: float = 0) -> None:
        await self.worker.finish(grace)
        await self.worker.close()

    async def _work(self, job: Job) -> None:
        self.began.append(job.id)
        try:
            if not job.id.startswith("quick"):
                await self.door.wait()
            if job.id.startswith("bad"):
                raise RuntimeError("a worker that fails")
        except asyncio.CancelledError:
            self.stopped.append(job.id)
            raise
        self.ended.append(job.id)

    async def submit(self, *jobs: Job) -> None:
        async with self.database.write() as session:
            for one in jobs:
                await session.take_part(partial(self.job_queue.submit, job=one))


@pytest.fixture
async def closed(database: Database) -> AsyncIterator[Bench]:
    """Not open yet: a test says with which bounds."""
    made = Bench(database)
    yield made
    await made.close()


@pytest.fixture
async def bench(closed: Bench) -> Bench:
    return await closed.open()


async def test_a_job_starts_when_its_transaction_is_committed(bench: Bench) -> None:
    async with bench.database.write() as session:
        await session.take_part(partial(bench.job_queue.submit, job=job("a")))
        await asyncio.sleep(0.05)
        assert bench.began == []
    await until(lambda: bench.began == ["a"])


async def test_a_job_of_a_transaction_that_fails_never_starts(bench: Bench) -> None:
    with pytest.raises(RuntimeError, match="taken back"):
        async with bench.database.write() as session:
            await session.take_part(partial(bench.job_queue.submit, job=job("a")))
            raise RuntimeError("taken back")
    await asyncio.sleep(0.05)
    assert bench.began == []


async def test_jobs_of_a_lane_run_one_after_another_in_order(bench: Bench) -> None:
    await bench.submit(job("a", "l"), job("b", "l"), job("c", "l"), job("quick"))
    await until(lambda: "quick" in bench.ended)
    assert bench.began == ["a", "quick"]
    bench.door.set()
    await until(lambda: len(bench.ended) == 4)
    assert [name for name in bench.began if name != "quick"] == ["a", "b", "c"]


async def test_no_more_run_at_once_than_are_allowed(closed: Bench) -> None:
    bench = await closed.open(process=2)
    await bench.submit(*(job(f"j{number}") for number in range(5)))
    await until(lambda: len(bench.began) == 2)
    await asyncio.sleep(0.05)
    assert len(bench.began) == 2
    bench.door.set()
    await until(lambda: len(bench.ended) == 5)


async def test_no_more_of_a_workspace_run_at_once_than_are_allowed(closed: Bench) -> None:
    bench = await closed.open(workspace=2)
    await bench.submit(*(job(f"j{number}") for number in range(4)))
    await until(lambda: len(bench.began) == 2)
    await bench.submit(job("quick-other", workspace="other"))
    await until(lambda: bench.ended == ["quick-other"])
    assert len(bench.began) == 3
    bench.door.set()
    await until(lambda: len(bench.ended) == 5)


async def test_each_workspace_gets_its_turn(closed: Bench) -> None:
    bench = await closed.open(process=1, workspace=1)
    greedy = [job(f"greedy{number}", fairness_key=f"party{number}") for number in range(8)]
    await bench.submit(*greedy, job("other", fairness_key="other", workspace="other"))
    bench.door.set()
    await until(lambda: len(bench.ended) == 9)
    assert bench.began.index("other") <= 2


async def test_each_party_gets_its_turn(closed: Bench) -> None:
    bench = await closed.open(process=1)
    await bench.submit(
        *(job(f"greedy{number}", fairness_key="greedy") for number in range(5)), job("other", fairness_key="other")
    )
    bench.door.set()
    await until(lambda: len(bench.ended) == 6)
    assert bench.began.index("other") <= 2


async def test_a_running_job_is_cancelled(bench: Bench) -> None:
    await bench.submit(job("a", "l"), job("b", "l"))
    await until(lambda: bench.began == ["a"])
    await bench.job_queue.cancel("runs", "a")
    await bench.job_queue.cancel("runs", "a")
    await until(lambda: bench.stopped == ["a"])
    bench.door.set()
    await until(lambda: bench.ended == ["b"])


async def test_a_waiting_job_that_is_cancelled_is_started_at_once_to_be_told(bench: Bench) -> None:
    await bench.submit(job("a", "l"), job("quick-b", "l"), job("c", "l"))
    await until(lambda: bench.began == ["a"])
    await bench.job_queue.cancel("runs", "quick-b")
    await until(lambda: bench.ended == ["quick-b"])
    assert bench.began == ["a", "quick-b"]
    bench.door.set()
    await until(lambda: bench.ended == ["quick-b", "a", "c"])
    await bench.job_queue.cancel("runs", "nobody")


async def test_a_worker_that_fails_holds_up_nobody(bench: Bench) -> None:
    bench.door.set()
    await bench.submit(job("bad", "l"), job("next", "l"))
    await until(lambda: bench.ended == ["next"])


async def test_closing_waits_a_while_and_starts_nothing_more(bench: Bench) -> None:
    await bench.submit(job("a", "l"), job("b", "l"))
    await until(lambda: bench.began == ["a"])
    await bench.close(0.05)
    assert (bench.stopped, bench.began) == (["a"], ["a"])


async def test_what_runs_may_end_while_it_is_closing(bench: Bench) -> None:
    await bench.submit(job("a"))
    await until(lambda: bench.began == ["a"])
    asyncio.get_running_loop().call_later(0.1, bench.door.set)
    await bench.close(30)
    assert (bench.stopped, bench.ended) == ([], ["a"])


async def test_jobs_that_were_lost_are_made_good_and_no_others(bench: Bench) -> None:
    await bench.submit(job("a", "l"), job("b", "l"))
    await until(lambda: bench.began == ["a"])
    await bench.job_queue.requeue_lost("runs", [job("a", "l"), job("b", "l"), job("quick-lost")])
    await until(lambda: bench.ended == ["quick-lost"])
    bench.door.set()
    await until(lambda: len(bench.ended) == 3)
    await asyncio.sleep(0.05)
    assert sorted(bench.began) == ["a", "b", "quick-lost"]


async def test_what_a_closing_process_leaves_is_done_by_another(postgres_bench: Bench) -> None:
    first = await postgres_bench.open()
    await first.submit(job("a", "l"), job("b", "l"))
    await until(lambda: first.began == ["a"])
    await first.close()
    second = await Bench(first.database).open()
    second.door.set()
    await until(lambda: second.ended == ["a", "b"])
    await second.close()


@pytest.fixture
async def postgres_bench(postgres: Postgres) -> AsyncIterator[Bench]:
    database = Database(postgres.migrated())
    yield Bench(database)
    await database.close()


@pytest.fixture(params=["local", "postgresql"])
async def rope(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator["Rope"]:
    if request.param == "local":
        database = Database.in_folder(tmp_path)
        await schema.migrate(database)
        yield Rope(LocalPubSub(), database)
    else:
        database = Database(request.getfixturevalue("postgres").migrated())
        opened = PostgresPubSub(database)
        opened.start()
        await listening(opened)
        yield Rope(opened, database)
        await opened.close()
    await database.close()


class Rope:
    """Rings bells as a transaction that is committed does."""

    def __init__(self, pubsub: PubSub, database: Database) -> None:
        self.pubsub, self.database = pubsub, database
        self.subscribe = pubsub.subscribe

    async def publish(self, *topics: str) -> None:
        await self.database.run_write(lambda tx: self.pubsub.publish(tx, topics))


async def listening(pubsub: PostgresPubSub) -> None:
    with pubsub.subscribe("anything") as subscription:
        await soon(subscription.wait(60))  # all bells ring once it listens


@pytest.fixture
async def pair(postgres: Postgres) -> AsyncIterator[tuple[Rope, PostgresPubSub, Database]]:
    """Those of two processes."""
    database = Database(postgres.migrated())
    both = PostgresPubSub(database), PostgresPubSub(database)
    for one in both:
        one.start()
        await listening(one)
    yield Rope(both[0], database), both[1], database
    for one in both:
        await one.close()
    await database.close()


async def test_a_bell_rings_in_another_process(pair: tuple[Rope, PostgresPubSub, Database]) -> None:
    teller, listener, _ = pair
    topics = [f"run:{number}" * 5 for number in range(400)]
    with ExitStack() as stack:
        subscriptions = [stack.enter_context(listener.subscribe(topic)) for topic in topics]
        await teller.publish(*topics)
        for subscription in subscriptions:
            await soon(subscription.wait(60))


async def test_a_lost_connection_costs_a_pause(pair: tuple[Rope, PostgresPubSub, Database]) -> None:
    teller, listener, database = pair
    cut = text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN %'")
    with listener.subscribe("a") as subscription:
        await database.run_write(lambda tx: tx.execute(cut).all())
        await soon(subscription.wait(60))  # it listens again: whoever waits looks for himself
        await teller.publish("a")
        await soon(subscription.wait(60))


async def soon(waiting: Awaitable[None]) -> None:
    async with asyncio.timeout(5):
        await waiting


async def test_a_bell_rings_for_its_topic_alone(rope: Rope) -> None:
    with rope.subscribe("a") as mine, rope.subscribe("a") as other, rope.subscribe("b") as foreign:
        await rope.publish("a")
        await soon(mine.wait(60))
        await soon(other.wait(60))
        late: Callable[[], Awaitable[None]] = partial(foreign.wait, 60)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await late()


async def test_what_came_before_waiting_is_not_missed_and_rings_once(rope: Rope) -> None:
    with rope.subscribe("a") as subscription:
        for _ in range(3):
            await rope.publish("a")
        await soon(subscription.wait(60))
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await subscription.wait(60)


async def test_a_bell_that_does_not_ring_lets_go_after_its_time(rope: Rope) -> None:
    with rope.subscribe("a") as subscription:
        await soon(subscription.wait(0.05))


async def test_nobody_needs_to_listen(rope: Rope) -> None:
    await rope.publish("nobody")
    with rope.subscribe("a"):
        pass
    await rope.publish("a")


async def test_what_is_taken_back_rings_no_bell(rope: Rope) -> None:
    def take_back(now: Transaction) -> None:
        rope.pubsub.publish(now, ["a"])
        raise RuntimeError("taken back")

    with rope.subscribe("a") as subscription:
        with pytest.raises(RuntimeError, match="taken back"):
            await rope.database.run_write(take_back)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await subscription.wait(60)
