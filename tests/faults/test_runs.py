"""Runs and messages while the server is killed, stopped, and started again."""

import asyncio
import json
import os
import random
from uuid import uuid4

import httpx2
import pytest
from websockets.exceptions import WebSocketException

from tests.fakes.openai_server import OpenAIServer
from tests.support import graphs, talk
from tests.support.server import Server
from tests.support.talk import V1

pytestmark = pytest.mark.fault

ROUNDS = int(os.environ.get("FAULT_ROUNDS", "3"))
SEED = int(os.environ.get("FAULT_SEED", str(random.randrange(10**6))))
AWAY = (httpx2.TransportError, OSError, WebSocketException, TimeoutError)


@pytest.fixture
def chance() -> random.Random:
    print(f"FAULT_SEED={SEED}")
    return random.Random(SEED)


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
        assert said(events) == ended["answer"]


def said(events: list[talk.Json]) -> str:
    """What a reader shows who leaves out what a restart made void."""
    pieces: list[tuple[int, str, str]] = []
    for event in events:
        if event["type"] == "node.restarted":
            void = event["data"]["discard_after"]
            pieces = [piece for piece in pieces if piece[1] != event["node_id"] or piece[0] <= void]
        elif event["type"] == "answer.delta":
            pieces.append((event["seq"], event["node_id"], event["data"]["text"]))
    return "".join(text for _, _, text in pieces)


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


class Talker:
    """A person with a bad line: sends each message until its run is told, under one id."""

    def __init__(self, server: Server, session: str, name: int) -> None:
        self.server, self.session, self.name = server, session, name
        self.accepted: list[tuple[str, str]] = []

    async def talk(self, messages: int) -> None:
        for number in range(messages):
            content, message_id = f"{self.name}:{number}", str(uuid4())
            while not await self._sent(content, message_id):  # noqa: ASYNC110 (the server is another process)
                await asyncio.sleep(0.05)
            self.accepted.append((message_id, content))

    async def _sent(self, content: str, message_id: str) -> bool:
        try:
            async with (
                asyncio.timeout(10),
                self.server.socket(f"/sessions/{self.session}/chat", open_timeout=3, close_timeout=0.1) as socket,
            ):
                await socket.send(talk.message(content, message_id))
                while True:
                    event = json.loads(await socket.recv())
                    assert event["type"] != "error" or event["code"] == "STORAGE_AWAY", event
                    if event["type"] == "message.accepted" and event["data"]["message"]["id"] == message_id:
                        return True
        except AWAY:
            return False


async def test_an_accepted_message_is_never_lost(own_server: Server, chance: random.Random) -> None:
    await asyncio.to_thread(own_server.start)
    async with own_server.client() as client:
        workflow = await talk.saved(client, graphs.echo())
        talkers = [Talker(own_server, await talk.session_of(client, workflow), name) for name in range(4)]
    talking = [asyncio.ensure_future(talker.talk(5 * ROUNDS)) for talker in talkers]
    for _ in range(ROUNDS):
        await asyncio.sleep(chance.uniform(0.1, 0.6))
        await restarted(own_server)
        await ended_in(own_server, [talker.session for talker in talkers])
    async with asyncio.timeout(60 * ROUNDS):
        await asyncio.gather(*talking)
    async with own_server.client() as client:
        for talker in talkers:

            async def idle(talker: Talker = talker) -> bool:
                return (await client.get(f"{V1}/sessions/{talker.session}")).json()["active_run"] is None

            await talk.until(idle, within=15)
            stored = (await client.get(f"{V1}/sessions/{talker.session}/messages", params={"limit": 500})).json()
            asked = [(one["id"], one["content"]) for one in stored["items"] if one["role"] == "user"]
            assert asked == talker.accepted
            answers = [one["content"] for one in stored["items"] if one["role"] == "assistant"]
            assert answers == [content for _, content in talker.accepted]


async def ended_in(server: Server, sessions: list[str]) -> None:
    """The runs that are at work have ended: one that died three times would be given up."""
    async with server.client() as client:
        for session in sessions:
            active = (await client.get(f"{V1}/sessions/{session}")).json()["active_run"]
            if active is not None:
                await talk.ended(client, active, within=15)


async def test_a_reader_who_is_cut_reads_the_same_bytes(own_server: Server, chance: random.Random) -> None:
    await asyncio.to_thread(own_server.start)
    async with OpenAIServer(tokens=30, gap_ms=40) as model:
        async with own_server.client() as client:
            run = await talk.begun(client, await talk.saved(client, graphs.asked(model.base_url)))
        readers = [asyncio.ensure_future(read_in_pieces(own_server, run, chance)) for _ in range(6)]
        for _ in range(2):
            await asyncio.sleep(chance.uniform(0.2, 0.6))
            await restarted(own_server)
        async with asyncio.timeout(60):
            read = await asyncio.gather(*readers)
        async with own_server.client() as client:
            whole = await client.get(f"{V1}/runs/{run}/events")
        for bytes_read in read:
            assert bytes_read == whole.content


async def read_in_pieces(server: Server, run: str, chance: random.Random) -> bytes:
    """Cut at random bytes; what is not whole is thrown away, and reading goes on after the last whole event."""
    read, last = b"", 0
    while True:
        left, most = b"", chance.randrange(1, 6000)
        try:
            async with server.client() as client, asyncio.timeout(chance.uniform(0.5, 5)):
                headers = {"last-event-id": str(last)} if chance.random() < 0.5 else {}
                after = {} if headers else {"after": last}
                async with client.stream("GET", f"{V1}/runs/{run}/events", params=after, headers=headers) as response:
                    async for piece in response.aiter_raw():
                        left += piece
                        if len(left) >= most:
                            break
        except AWAY:
            await asyncio.sleep(0.05)
        *whole, _ = left[:most].split(b"\n\n")
        for frame in whole:
            if frame.startswith(b"id: "):
                read += frame + b"\n\n"
                last = int(frame.split(b"\n")[0][4:])
                if b"\nevent: run.finished\n" in frame:
                    return read
