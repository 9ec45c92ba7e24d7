"""Ended runs lose their deltas after a time, and go after another; who reads them meanwhile is not disturbed."""

import json
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import httpx2
import pytest
from sqlalchemy import func, select, update

from genai_stack.features.knowledge.tables import Document
from genai_stack.features.runs.journal import node_states as report
from genai_stack.features.runs.journal.event_stream import EventStream
from genai_stack.features.runs.journal.journal import Journal
from genai_stack.features.runs.retention import EVENTS_PER_TRANSACTION, Retention
from genai_stack.features.runs.tables import Event, NodeOutputRow, Run
from genai_stack.infra.database.columns import now
from genai_stack.infra.database.database import Database, Transaction
from genai_stack.infra.database.scope import THE_WORKSPACE
from genai_stack.infra.pubsub.local import LocalPubSub
from tests.documents import pdfs
from tests.fakes import old_runs
from tests.fakes.home import home
from tests.fakes.openai_server import OpenAIServer
from tests.support import talk
from tests.support.graphs import asked
from tests.support.server import Server
from tests.support.talk import V1, Json

__all__ = ["home"]
T = TypeVar("T")
MONTH, YEAR = timedelta(days=30), timedelta(days=365)
LARGE = EVENTS_PER_TRANSACTION * 2 + 7


def retention(database: Database, deltas: timedelta | None = MONTH, runs: timedelta | None = None) -> Retention:
    return Retention(database, keep_deltas=deltas, keep_runs=runs)


@pytest.fixture
async def beside(own_server: Server) -> AsyncIterator[Database]:
    """The started server's database, as another process sees it."""
    own_server.start()
    url = own_server.settings.get("database_url")
    opened = Database(str(url)) if url else Database.in_folder(own_server.data)
    yield opened
    await opened.close()


class Killed(Exception):
    """What a transaction of a dead process raises."""


class Mortal(Database):
    """The same database for a process that dies after so many transactions."""

    def __init__(self, database: Database, transactions: int) -> None:
        self.run_read = database.run_read  # type: ignore[method-assign]
        self._lasting, self._left = database, transactions

    async def run_write(self, work: Callable[[Transaction], T]) -> T:
        if not self._left:
            raise Killed
        self._left -= 1
        return await self._lasting.run_write(work)


async def run_in(database: Database, run_id: str) -> Run | None:
    async with database.read() as session:
        return await session.get(Run, run_id)


async def rows_of(database: Database, run_id: str) -> tuple[list[int], int]:
    """The numbers of its events, and how many outputs it has."""
    async with database.read() as session:
        seqs = await session.scalars(select(Event.seq).where(Event.run_id == run_id).order_by(Event.seq))
        outputs = select(func.count()).select_from(NodeOutputRow).where(NodeOutputRow.run_id == run_id)
        return list(seqs), await session.scalar(outputs) or 0


def is_delta(event: Json) -> bool:
    return event["type"] == "answer.delta" or (event["type"] == "thinking" and event["data"]["kind"] == "reasoning")


async def over_sse(client: httpx2.AsyncClient, run_id: str, after: int = 0) -> list[Json]:
    async with client.stream("GET", f"{V1}/runs/{run_id}/events", params={"after": after}) as response:
        return [json.loads(frame["data"]) async for frame in talk.frames(response)]


async def over_socket(server: Server, run_id: str, after: int = 0) -> list[Json]:
    async with server.socket(f"/runs/{run_id}/events?after={after}") as socket:
        return [json.loads(frame) async for frame in socket]


async def test_a_trimmed_run_is_replayed_without_deltas_and_with_its_whole_answer(
    own_server: Server, beside: Database, model: OpenAIServer
) -> None:
    async with own_server.client() as client:
        workflow_id = await talk.saved(client, asked(model.base_url))
        run = await talk.asked(client, workflow_id, "THINK")
        young = await talk.asked(client, workflow_id, "THINK")
        whole, all_of_young = await over_sse(client, run["id"]), await over_sse(client, young["id"])
        left = [event for event in whole if not is_delta(event)]
        assert len(left) <= len(whole) - 2  # thoughts and answer
        await old_runs.set_back(beside, run["id"])
        before = await talk.run_of(client, run["id"])

        await retention(beside).tidy()

        after = await talk.run_of(client, run["id"])
        assert datetime.fromisoformat(after["trimmed_at"]).astimezone(UTC) > datetime.now(UTC) - timedelta(minutes=5)
        assert after == before | {"trimmed_at": after["trimmed_at"]}
        assert [node["status"] for node in after["nodes"]] == ["succeeded"] * 3
        assert await over_sse(client, run["id"]) == left == await talk.events_of(client, run["id"])
        assert await over_socket(own_server, run["id"]) == left
        assert next(event for event in left if event["type"] == "answer")["data"]["text"] == run["answer"] != ""
        for seen in (left[0]["seq"], whole[len(whole) // 2]["seq"], left[-1]["seq"]):
            rest = [event for event in left if event["seq"] > seen]
            assert await over_sse(client, run["id"], seen) == rest == await over_socket(own_server, run["id"], seen)
        assert await over_sse(client, young["id"]) == all_of_young
        assert (await talk.run_of(client, young["id"]))["trimmed_at"] is None


async def test_a_reader_of_a_run_that_is_trimmed_meanwhile_misses_deltas_only(
    own_server: Server, beside: Database, model: OpenAIServer
) -> None:
    async with own_server.client() as client:
        run = await talk.asked(client, await talk.saved(client, asked(model.base_url)), "THINK")
        whole = await over_sse(client, run["id"])
        await old_runs.set_back(beside, run["id"])
        at = next(number for number, event in enumerate(whole) if is_delta(event)) + 1
        await retention(beside).tidy()
        rest = await over_socket(own_server, run["id"], whole[at - 1]["seq"])
        assert rest == [event for event in whole[at:] if not is_delta(event)]
        assert rest[-1]["type"] == "run.finished"


async def test_the_server_itself_trims_and_removes_what_is_configured(own_server: Server, beside: Database) -> None:
    workflow_id = await old_runs.workflow(beside)
    trimmed_id = await old_runs.ended(beside, workflow_id)
    removed_id = await old_runs.ended(beside, workflow_id, ago=YEAR)
    for number in range(3):
        await old_runs.save_again(beside, workflow_id, number)
    async with own_server.client() as client:
        files = {"file": ("two.pdf", pdfs.with_pages(["Otters", "Badgers"]))}
        upload = await client.post(f"{V1}/workflows/{workflow_id}/documents", files=files)
        page = f"{V1}/documents/{upload.json()['items'][0]['id']}/pages/2"

        async def taken_in() -> bool:
            return (await client.get(page)).status_code == 200

        await talk.until(taken_in)
        assert (await client.get(page, headers={"accept": "image/png"})).status_code == 200
    own_server.terminate()
    async with beside.write() as session:
        await session.execute(update(Document).values(created_at=now() - 2 * MONTH))
    own_server.settings |= {"keep_deltas_days": 30, "keep_runs_days": 300.5, "keep_originals_days": 30}
    own_server.start()
    async with own_server.client() as client:

        async def done() -> bool:
            picture = await client.get(page, headers={"accept": "image/png"})
            versions = (await client.get(f"{V1}/workflows/{workflow_id}/versions")).json()["total"]
            removed = await client.get(f"{V1}/runs/{removed_id}")
            return (picture.status_code, versions, removed.status_code) == (404, 2, 404)

        await talk.until(done)
        assert (await talk.run_of(client, trimmed_id))["trimmed_at"] is not None
        assert not any(is_delta(event) for event in await over_sse(client, trimmed_id))
        refusal = (await client.get(page, headers={"accept": "image/png"})).json()
        assert (refusal["code"], "no longer stored" in refusal["detail"]) == ("ORIGINAL_GONE", True)
        assert "Badgers" in (await client.get(page)).json()["text"]


async def test_a_removed_run_leaves_the_chats_messages(
    own_server: Server, beside: Database, model: OpenAIServer
) -> None:
    async with own_server.client() as client:
        workflow_id = await talk.saved(client, asked(model.base_url))
        chat = await talk.session_of(client, workflow_id)
        run = await talk.asked(client, workflow_id, "THINK", session_id=chat)
        said = (await client.get(f"{V1}/sessions/{chat}/messages")).json()
        await old_runs.set_back(beside, run["id"])
        await retention(beside, deltas=YEAR, runs=MONTH).tidy()
        assert (await client.get(f"{V1}/runs/{run['id']}")).status_code == 404
        assert (await client.get(f"{V1}/sessions/{chat}/messages")).json() == said
        assert [message["role"] for message in said["items"]] == ["user", "assistant"]
        assert await rows_of(beside, run["id"]) == ([], 0)
        assert (await talk.asked(client, workflow_id, "And then?", session_id=chat))["status"] == "succeeded"


async def test_nothing_is_kept_to_resume_a_run_that_has_ended(
    own_server: Server, beside: Database, model: OpenAIServer
) -> None:
    async with own_server.client() as client:
        workflow_id = await talk.saved(client, asked(model.base_url))
        for query in ("Hello", "FAIL400"):
            run = await talk.asked(client, workflow_id, query)
            seqs, outputs = await rows_of(beside, run["id"])
            assert (bool(seqs), outputs) == (True, 0)


async def test_a_workflow_with_many_runs_is_deleted_with_all_of_them(own_server: Server, beside: Database) -> None:
    workflow_id = await old_runs.workflow(beside)
    other = await old_runs.ended(beside, await old_runs.workflow(beside))
    for pieces in (LARGE, *[2] * 45):
        await old_runs.ended(beside, workflow_id, pieces)
    async with own_server.client() as client:
        assert (await client.delete(f"{V1}/workflows/{workflow_id}")).status_code == 204
        assert (await client.get(f"{V1}/workflows/{workflow_id}")).status_code == 404
    async with beside.read() as session:
        assert list(await session.scalars(select(Run.id))) == [other]
        assert set(await session.scalars(select(Event.run_id))) == {other}


async def test_only_what_has_ended_long_ago_is_touched(home: Database) -> None:
    workflow_id = await old_runs.workflow(home)
    old, young, running = [await old_runs.ended(home, workflow_id) for _ in range(3)]
    await old_runs.set_back(home, young, MONTH - timedelta(minutes=1))
    async with home.write() as session:
        await session.execute(update(Run).where(Run.id == running).values(status="running", finished_at=None))
    whole = await rows_of(home, young)
    await retention(home, deltas=None).tidy()
    assert await rows_of(home, old) == whole
    await retention(home).tidy()
    assert await rows_of(home, old) == ([1, 2, 3, 10, 11, 12], 0)
    await retention(home, runs=MONTH).tidy()
    assert await run_in(home, old) is None
    for untouched in (young, running):
        assert await rows_of(home, untouched) == whole
        run = await run_in(home, untouched)
        assert run is not None
        assert run.trimmed_at is None


async def test_trimming_that_was_cut_off_says_so_at_once_and_goes_on(home: Database) -> None:
    run_id = await old_runs.ended(home, await old_runs.workflow(home), LARGE)
    whole, _ = await rows_of(home, run_id)
    with pytest.raises(Killed):
        await retention(Mortal(home, 1)).tidy()
    half, _ = await rows_of(home, run_id)
    run = await run_in(home, run_id)
    assert run is not None
    assert (len(whole) - len(half), run.has_deltas) == (EVENTS_PER_TRANSACTION, True)
    moment = run.trimmed_at
    assert moment is not None
    await retention(home).tidy()
    left, outputs = await rows_of(home, run_id)
    assert (left, outputs) == ([1, 2, 3, *whole[-3:]], 0)
    run = await run_in(home, run_id)
    assert run is not None
    assert (run.trimmed_at, run.has_deltas) == (moment, False)


async def test_a_run_that_is_half_removed_can_still_be_read(home: Database) -> None:
    workflow_id = await old_runs.workflow(home)
    run_id = await old_runs.ended(home, workflow_id, LARGE)
    with pytest.raises(Killed):
        await retention(Mortal(home, 1)).remove_of_workflow(THE_WORKSPACE, workflow_id)
    nodes = await home.run_read(lambda tx: report.nodes_of(tx, THE_WORKSPACE, run_id))
    assert [node.id for node in nodes] == ["n"]
    followed = [frame async for frames in feed(home).follow(THE_WORKSPACE, run_id, 0) for frame in frames]
    assert 0 < len(followed) < LARGE * 2
    await retention(home, runs=MONTH).tidy()
    assert (await run_in(home, run_id), await rows_of(home, run_id)) == (None, ([], 0))


async def test_a_follower_between_two_pages_goes_on(home: Database) -> None:
    run_id = await old_runs.ended(home, await old_runs.workflow(home), LARGE)
    whole, _ = await rows_of(home, run_id)
    following = feed(home).follow(THE_WORKSPACE, run_id, 0)
    first = [frame.seq for frame in await anext(following)]
    await retention(home).tidy()
    rest = [frame.seq async for frames in following for frame in frames]
    assert [*first, *rest] == [*whole[: len(first)], *whole[-3:]]


def feed(database: Database) -> EventStream:
    pubsub = LocalPubSub()
    return EventStream(database, Journal(database, pubsub), pubsub)
