"""Runs and messages while the server is killed, stopped, and started again."""

import asyncio
import os
import random

import pytest

from tests.fakes.openai_server import OpenAIServer
from tests.support import graphs, stubborn, talk
from tests.support.server import Server
from tests.support.stubborn import Talker, ended_in, read_in_pieces
from tests.support.talk import V1

pytestmark = pytest.mark.fault

ROUNDS = int(os.environ.get("FAULT_ROUNDS", "3"))


async def restarted(server: Server) -> None:
    server.kill()
    await asyncio.to_thread(server.start)


async def test_a_server_that_is_asked_to_stop_hands_its_runs_over(own_server: Server) -> None:
    own_server.settings["drain_seconds"] = 0.5
    own_server.start()
    async with OpenAIServer(tokens=8, gap_ms=400) as model:
        async with own_server.client() as client:
            workflow = await talk.saved(client, graphs.asked(model.base_url))
            session = await talk.session_of(client, workflow)
            run = await talk.begun(client, workflow, "long one", session_id=session)
            behind = await talk.begun(client, workflow, "waits its turn", session_id=session)
            socket = await own_server.socket(f"/runs/{run}/events")
            await talk.until(lambda: model.open == 1)
        assert await asyncio.to_thread(own_server.terminate) == 0
        assert "Traceback" not in own_server.log()
        await socket.close()
        await asyncio.to_thread(own_server.start)
        async with own_server.client() as client:
            for run_id in (run, behind):
                ended = await talk.ended(client, run_id, within=40)
                assert (ended["status"], ended["answer"]) == ("succeeded", "".join(f"tok{i} " for i in range(8)))
                assert talk.in_order(await talk.events_of(client, run_id))
            messages = (await client.get(f"{V1}/sessions/{session}/messages")).json()["items"]
            assert [message["role"] for message in messages] == ["user", "assistant", "user", "assistant"]


async def test_short_runs_finish_when_the_server_is_asked_to_stop(own_server: Server) -> None:
    own_server.start()
    async with OpenAIServer(tokens=4, gap_ms=200) as model:
        async with own_server.client() as client:
            workflow = await talk.saved(client, graphs.asked(model.base_url))
            run = await talk.begun(client, workflow)
            await talk.until(lambda: model.open == 1)
        assert await asyncio.to_thread(own_server.terminate) == 0
        asked = model.chats
        await asyncio.to_thread(own_server.start)
        async with own_server.client() as client:
            assert (await talk.run_of(client, run))["status"] == "succeeded"
        assert model.chats == asked == 1


@pytest.mark.parametrize("point", ["before the first token", "while it streams", "in the second node", "at any point"])
async def test_no_run_is_stuck_and_no_finished_node_runs_again(
    own_server: Server, point: str, chance: random.Random
) -> None:
    own_server.start()
    async with OpenAIServer(tokens=10, gap_ms=30, ttft_ms=200) as model:
        async with own_server.client() as client:
            workflow = await talk.saved(client, graphs.in_a_row(model.base_url, 3))
            run = await talk.begun(client, workflow, "Go")
            if point == "before the first token":
                await talk.until(lambda: model.chats == 1)
            elif point == "while it streams":
                await talk.until(lambda: model.chats == 1)
                await asyncio.sleep(0.35)
            elif point == "in the second node":
                await talk.until(lambda: model.chats == 2)
            else:
                await asyncio.sleep(chance.uniform(0, 1.2))
        await restarted(own_server)
        async with own_server.client() as client:
            ended = await talk.ended(client, run, within=15)
            events = await talk.events_of(client, run)
        assert ended["status"] == "succeeded"
        assert ended["answer"] == "".join(f"tok{i} " for i in range(10))
        assert model.chats <= 4
        assert talk.in_order(events)
        kinds = talk.types(events)
        assert kinds.count("run.started") == kinds.count("run.finished") == kinds.count("answer") == 1
        assert kinds[-1] == "run.finished"
        assert kinds.count("node.finished") == 5
        assert all(node["status"] == "succeeded" for node in ended["nodes"])
        restarts = [event for event in events if event["type"] == "node.restarted"]
        assert len(restarts) <= 1
        assert stubborn.said(events) == [ended["answer"]]


async def test_a_run_whose_workers_keep_dying_is_given_up(own_server: Server) -> None:
    own_server.start()
    async with OpenAIServer() as model:
        async with own_server.client() as client:
            workflow = await talk.saved(client, graphs.asked(model.base_url))
            run = await talk.begun(client, workflow, "HANG on")
        for attempt in range(1, 4):
            await talk.until(lambda attempt=attempt: model.chats == attempt)
            await restarted(own_server)
        async with own_server.client() as client:
            ended = await talk.ended(client, run, within=15)
            assert (ended["status"], ended["error"]["code"]) == ("failed", "RUN_LOST")
            assert talk.types(await talk.events_of(client, run))[-1] == "run.finished"


async def test_a_cancelled_run_stays_cancelled_over_a_kill(own_server: Server) -> None:
    own_server.start()
    async with OpenAIServer() as model, own_server.client() as client:
        workflow = await talk.saved(client, graphs.asked(model.base_url))
        run = await talk.begun(client, workflow, "HANGMID")
        await talk.until(lambda: model.open == 1)
        await client.post(f"{V1}/runs/{run}/cancel")
        await restarted(own_server)
        async with own_server.client() as again:
            assert (await talk.ended(again, run, within=15))["status"] == "cancelled"
        assert model.chats == 1


async def test_an_accepted_message_is_never_lost(own_server: Server, chance: random.Random) -> None:
    await asyncio.to_thread(own_server.start)
    async with own_server.client() as client:
        workflow = await talk.saved(client, graphs.echo())
        talkers = [Talker([own_server], await talk.session_of(client, workflow), name) for name in range(4)]
    talking = [asyncio.ensure_future(talker.talk(5 * ROUNDS)) for talker in talkers]
    for _ in range(ROUNDS):
        await asyncio.sleep(chance.uniform(0.1, 0.6))
        await restarted(own_server)
        await ended_in(own_server, [talker.session for talker in talkers])
    async with asyncio.timeout(60 * ROUNDS):
        await asyncio.gather(*talking)
    for talker in talkers:
        await talker.check()


async def test_a_reader_who_is_cut_reads_the_same_bytes(own_server: Server, chance: random.Random) -> None:
    await asyncio.to_thread(own_server.start)
    async with OpenAIServer(tokens=30, gap_ms=40) as model:
        async with own_server.client() as client:
            run = await talk.begun(client, await talk.saved(client, graphs.asked(model.base_url)))
        readers = [asyncio.ensure_future(read_in_pieces([own_server], run, chance)) for _ in range(6)]
        for _ in range(2):
            await asyncio.sleep(chance.uniform(0.2, 0.6))
            await restarted(own_server)
        async with asyncio.timeout(60):
            read = await asyncio.gather(*readers)
        async with own_server.client() as client:
            whole = await client.get(f"{V1}/runs/{run}/events")
        for bytes_read in read:
            assert bytes_read == whole.content
