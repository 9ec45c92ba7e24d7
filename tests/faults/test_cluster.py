"""Two API processes and two workers over one PostgreSQL, any of which may be killed, frozen or stopped."""

import asyncio
import contextlib
import os
import random
from collections.abc import AsyncIterator, Iterator
from uuid import uuid4

import httpx2
import psycopg
import pytest

from tests.fakes.openai_server import OpenAIServer
from tests.support import files, graphs, stubborn, talk
from tests.support.cluster import Cluster
from tests.support.postgres import Postgres
from tests.support.stubborn import Talker, read_in_pieces
from tests.support.talk import V1

pytestmark = [pytest.mark.fault, pytest.mark.timeout(300)]

ROUNDS = int(os.environ.get("FAULT_ROUNDS", "3"))
AT_ONCE = 50
RECOVERED = 15  # seconds within which a living process goes on with a run


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory, postgres: Postgres) -> Iterator[Cluster]:
    started = Cluster(tmp_path_factory.mktemp("cluster"), postgres.migrated(), drain_seconds=1)
    try:
        yield started.start()
        assert "Traceback" not in started.log(), started.log()
    finally:
        started.stop()


@pytest.fixture
async def cluster(standing: Cluster) -> Cluster:
    return await asyncio.to_thread(standing.mend)


@pytest.fixture
async def client(cluster: Cluster) -> AsyncIterator[httpx2.AsyncClient]:
    async with cluster.apis[0].client() as opened:
        yield opened


@pytest.fixture
async def elsewhere(cluster: Cluster) -> AsyncIterator[httpx2.AsyncClient]:
    """A client of the other API process."""
    async with cluster.apis[1].client() as opened:
        yield opened


async def whole(client: httpx2.AsyncClient, run: str, *, within: float = RECOVERED) -> list[talk.Json]:
    """A run that succeeded, every node of it once; its events."""
    ended = await talk.ended(client, run, within)
    events = await talk.events_of(client, run)
    kinds = talk.types(events)
    assert ended["status"] == "succeeded", ended
    assert talk.in_order(events)
    assert kinds.count("run.started") == kinds.count("run.finished") == kinds.count("answer") == 1
    assert kinds[-1] == "run.finished"
    finished = [event["node_id"] for event in events if event["type"] == "node.finished"]
    assert sorted(finished) == sorted(node["id"] for node in ended["nodes"])
    assert sorted(stubborn.said(events)) == sorted(ended["answer"].split("\n\n"))
    return events


async def told(client: httpx2.AsyncClient, run: str, kind: str) -> None:
    """A run has come as far as this."""

    async def said() -> bool:
        return kind in talk.types(await talk.events_of(client, run))

    await talk.until(said)


async def connected(model: OpenAIServer, requests: int = 1, within: float = RECOVERED) -> None:
    await talk.until(lambda: model.chats == requests and model.open == 1, within)


@pytest.mark.parametrize("point", ["before the first sign of life", "before the first token", "while it streams"])
async def test_a_run_goes_on_when_its_worker_is_killed(
    cluster: Cluster, client: httpx2.AsyncClient, point: str
) -> None:
    async with OpenAIServer(tokens=10, gap_ms=60, ttft_ms=400) as model:
        workflow = await talk.saved(client, graphs.in_a_row(model.base_url, 3))
        if point == "before the first sign of life":
            for worker in cluster.workers:
                worker.kill()
            run = await talk.begun(client, workflow)
            await asyncio.to_thread(cluster.workers[0].start)
        else:
            run = await talk.begun(client, workflow)
        await connected(model)
        if point == "while it streams":
            await told(client, run, "thinking")
        cluster.worker_at(model.port).kill()
        await asyncio.to_thread(cluster.mend)
        events = await whole(client, run)
        assert model.chats == 4
        assert talk.types(events).count("node.restarted") == 1


async def test_a_node_whose_end_was_not_committed_runs_once_more_and_those_before_it_do_not(
    cluster: Cluster, client: httpx2.AsyncClient, postgres: Postgres
) -> None:
    async with OpenAIServer(tokens=3, gap_ms=100) as model:
        workflow = await talk.saved(client, graphs.in_a_row(model.base_url, 2))
        run = await talk.begun(client, workflow)
        await connected(model, requests=2)
        # Nothing is committed from here on: the second node ends, and its event waits.
        with psycopg.connect(str(cluster.workers[0].settings["database_url"])) as blocker:
            blocker.execute("LOCK TABLE events IN EXCLUSIVE MODE")
            worker = cluster.worker_at(model.port)
            await talk.until(lambda: model.open == 0)
            await asyncio.sleep(0.2)
            worker.kill()
        events = await whole(client, run)
        assert model.chats == 3
        assert talk.types(events).count("node.restarted") == 1


async def test_a_worker_that_froze_and_woke_up_writes_nothing(cluster: Cluster, client: httpx2.AsyncClient) -> None:
    async with OpenAIServer(tokens=40, gap_ms=100) as model:
        workflow = await talk.saved(client, graphs.in_a_row(model.base_url, 2))
        runs = [await talk.begun(client, workflow) for _ in range(4)]
        await talk.until(lambda: model.open == len(runs))
        frozen = cluster.worker_at(model.port)
        frozen.freeze()
        try:
            written = [await whole(client, run, within=RECOVERED + 15) for run in runs]
            assert any("node.restarted" in talk.types(events) for events in written)
        finally:
            frozen.thaw()
        await talk.until(lambda: model.open == 0)
        await asyncio.sleep(1)
        assert [await talk.events_of(client, run) for run in runs] == written


async def test_a_run_whose_workers_keep_dying_is_given_up_with_the_reason(
    cluster: Cluster, client: httpx2.AsyncClient
) -> None:
    async with OpenAIServer() as model:
        run = await talk.begun(client, await talk.saved(client, graphs.asked(model.base_url)), "HANG on")
        for attempt in range(1, 4):
            await connected(model, requests=attempt, within=2 * RECOVERED)
            cluster.worker_at(model.port).kill()
            # Before mending, which may take longer than the other worker takes to go on with the run.
            await talk.until(lambda: model.open == 0)
            await asyncio.to_thread(cluster.mend)
        ended = await talk.ended(client, run, within=RECOVERED)
        assert (ended["status"], ended["error"]["code"]) == ("failed", "RUN_LOST")
        assert "3 workers stopped unexpectedly" in ended["error"]["message"]
        assert talk.types(await talk.events_of(client, run))[-1] == "run.finished"


async def test_no_finished_node_runs_again_in_graphs_at_random(
    cluster: Cluster, client: httpx2.AsyncClient, chance: random.Random
) -> None:
    async with OpenAIServer(tokens=4, gap_ms=40) as model:
        for _ in range(ROUNDS):
            before, graph = model.chats, graphs.at_random(model.base_url, chance)
            models = sum(node["type"] == "llm" for node in graph["nodes"])
            run = await talk.begun(client, await talk.saved(client, graph))
            await asyncio.sleep(chance.uniform(0, 1.0))
            victim = chance.choice(cluster.workers)
            in_flight = model.open
            victim.kill()
            await asyncio.to_thread(cluster.mend)
            await whole(client, run)
            # A call may begin or end between the look at it and the kill.
            assert models <= model.chats - before <= models + max(in_flight, 1) + 1


async def test_an_accepted_message_is_never_lost(cluster: Cluster, chance: random.Random) -> None:
    async with cluster.apis[0].client() as client:
        workflow = await talk.saved(client, graphs.echo())
        talkers = [Talker(cluster.apis, await talk.session_of(client, workflow), name) for name in range(4)]
    talking = [asyncio.ensure_future(talker.talk(8 * ROUNDS)) for talker in talkers]
    for _ in range(ROUNDS):
        await asyncio.sleep(chance.uniform(0.2, 0.8))
        chance.choice(cluster.processes).kill()
        await asyncio.to_thread(cluster.mend)
    async with asyncio.timeout(60 * ROUNDS):
        await asyncio.gather(*talking)
    for talker in talkers:
        await talker.check()


async def test_a_reader_who_is_cut_and_goes_on_elsewhere_reads_the_same_bytes(
    cluster: Cluster, client: httpx2.AsyncClient, chance: random.Random
) -> None:
    async with OpenAIServer(tokens=60, gap_ms=50) as model:
        run = await talk.begun(client, await talk.saved(client, graphs.asked(model.base_url)))
        readers = [asyncio.ensure_future(read_in_pieces(cluster.apis, run, chance)) for _ in range(6)]
        await connected(model)
        for victim in (cluster.apis[1], cluster.worker_at(model.port)):
            await asyncio.sleep(chance.uniform(0.2, 0.6))
            victim.kill()
            await asyncio.to_thread(cluster.mend)
        async with asyncio.timeout(90):
            read = await asyncio.gather(*readers)
    seen = (await client.get(f"{V1}/runs/{run}/events")).content
    assert [one == seen for one in read] == [True] * len(readers)


@pytest.mark.parametrize("moment", ["connecting", "streaming", "waiting in the queue", "between attempts"])
async def test_stop_stops_wherever_the_run_is(
    cluster: Cluster, client: httpx2.AsyncClient, elsewhere: httpx2.AsyncClient, moment: str
) -> None:
    asked = {
        "connecting": "HANG",
        "streaming": "HANGMID",
        "waiting in the queue": "HANGMID",
        "between attempts": "FAIL503",  # with Retry-After, so the pause is long
    }
    async with OpenAIServer(retry_after="30") as model:
        workflow = await talk.saved(client, graphs.asked(model.base_url))
        session = await talk.session_of(client, workflow)
        run = first = await talk.begun(client, workflow, asked[moment], session_id=session)
        await talk.until(lambda: model.chats >= 1)
        if moment == "waiting in the queue":
            run = await talk.begun(client, workflow, "Hello", session_id=session)
        elif moment == "streaming":
            await told(client, run, "answer.delta")
        await asyncio.sleep(0.2)
        response = await elsewhere.post(f"{V1}/runs/{run}/cancel")
        assert response.status_code == 202
        ended = await talk.ended(client, run, within=5)
        assert ended["status"] == "cancelled"
        if moment == "waiting in the queue":
            assert model.chats == 1
            assert (await talk.run_of(client, first))["status"] == "running"
            await elsewhere.post(f"{V1}/runs/{first}/cancel")
            await talk.ended(client, first, within=5)
        await talk.until(lambda: model.open == 0, within=1)
        if moment == "streaming":
            assert ended["answer"]


async def test_closing_the_browser_changes_nothing(
    cluster: Cluster, client: httpx2.AsyncClient, chance: random.Random
) -> None:
    async with OpenAIServer(tokens=20, gap_ms=30) as model:
        workflow = await talk.saved(client, graphs.asked(model.base_url))
        session = await talk.session_of(client, workflow)
        for number in range(2 * ROUNDS):
            async with cluster.apis[number % 2].socket(f"/sessions/{session}/chat", close_timeout=0.1) as socket:
                await socket.send(talk.message(f"Question {number}"))
                await talk.heard(socket, until="message.accepted")
                await asyncio.sleep(chance.uniform(0, 0.8))

        async def idle() -> bool:
            return (await client.get(f"{V1}/sessions/{session}")).json()["active_run"] is None

        await talk.until(idle, within=30)
        stored = (await client.get(f"{V1}/sessions/{session}/messages")).json()["items"]
    answers = [message["content"] for message in stored if message["role"] == "assistant"]
    assert answers == ["".join(f"tok{number} " for number in range(20))] * (2 * ROUNDS)


async def test_the_same_key_makes_one_run_however_many_ask_at_once(
    client: httpx2.AsyncClient, elsewhere: httpx2.AsyncClient
) -> None:
    workflow = await talk.saved(client, graphs.echo())
    key = {"idempotency-key": str(uuid4())}

    async def ask(number: int, query: str = "Once") -> httpx2.Response:
        who = client if number % 2 else elsewhere
        return await who.post(f"{V1}/workflows/{workflow}/runs", json={"query": query}, headers=key)

    answers = await asyncio.gather(*(ask(number) for number in range(AT_ONCE)))
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert (await ask(0, "Twice")).status_code == 422
    assert (await client.get(f"{V1}/workflows/{workflow}/runs")).json()["total"] == 1


async def test_the_same_message_makes_one_run_however_many_send_it_at_once(
    cluster: Cluster, client: httpx2.AsyncClient
) -> None:
    session = await talk.session_of(client, await talk.saved(client, graphs.echo()))
    message_id = str(uuid4())

    async def send(number: int) -> list[talk.Json]:
        async with cluster.apis[number % 2].socket(f"/sessions/{session}/chat") as socket:
            await socket.send(talk.message("Once", message_id))
            return await talk.heard(socket)

    heard = await asyncio.gather(*(send(number) for number in range(AT_ONCE)))
    assert all(events == heard[0] for events in heard)
    stored = (await client.get(f"{V1}/sessions/{session}/messages")).json()
    assert [message["role"] for message in stored["items"]] == ["user", "assistant"]


async def test_a_deploy_loses_nothing(cluster: Cluster, client: httpx2.AsyncClient) -> None:
    async with OpenAIServer(tokens=30, gap_ms=100) as model:
        workflow = await talk.saved(client, graphs.asked(model.base_url))
        session = await talk.session_of(client, workflow)
        runs = [await talk.begun(client, workflow, "long one") for _ in range(4)]
        await talk.until(lambda: model.open == len(runs))
        follower = asyncio.ensure_future(stubborn.followed(cluster.apis, runs[0]))
        talker = Talker(cluster.apis, session, 0)
        talking = asyncio.ensure_future(talker.talk_or_wait(6))
        uploading = asyncio.ensure_future(
            stubborn.uploaded(cluster.apis, workflow, {f"{n}.pdf": files.pdf(f"Page {n}") for n in range(4)})
        )
        for process in cluster.processes:
            assert await asyncio.to_thread(process.terminate) == 0
            await asyncio.to_thread(process.start)
        async with asyncio.timeout(90), cluster.apis[0].client() as renewed:
            for run in runs:
                await whole(renewed, run, within=60)
            assert talk.in_order(await follower)
            assert {document["status"] for document in await uploading} == {"ready"}
            await talking
            stored = (await renewed.get(f"{V1}/sessions/{session}/messages", params={"limit": 100})).json()["items"]
    assert [message["id"] for message in stored if message["role"] == "user"] == [one for one, _ in talker.accepted]


async def test_a_process_that_is_asked_to_stop_says_so_first(cluster: Cluster) -> None:
    api = cluster.apis[1]
    api.kill()
    api.settings["unready_seconds"] = 2
    try:
        await asyncio.to_thread(api.start)
        async with api.client() as client:
            assert (await client.get("/readyz")).status_code == 200
            stopping = asyncio.ensure_future(asyncio.to_thread(api.terminate))
            await talk.until(lambda: _unready(client), within=5)
            assert (await client.get(f"{V1}/workflows")).status_code == 200
            assert await stopping == 0
    finally:
        del api.settings["unready_seconds"]


async def _unready(client: httpx2.AsyncClient) -> bool:
    with contextlib.suppress(httpx2.TransportError):
        response = await client.get("/readyz")
        parts = {part["name"]: part["ok"] for part in response.json()["parts"]}
        return (response.status_code, parts["process"], parts["database"]) == (503, False, True)
    return False
