"""The chat's socket and the run's: what is sent, to whom, and what is refused."""

import asyncio
import json
import random
from itertools import pairwise
from uuid import uuid4

import httpx2
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.fakes.openai_server import OpenAIServer
from tests.support import graphs, talk
from tests.support.server import Server
from tests.support.talk import V1

ANSWER = "tok0 tok1 tok2 tok3 tok4 "


@pytest.fixture
async def session(client: httpx2.AsyncClient, model: OpenAIServer) -> str:
    return await talk.session_of(client, await talk.saved(client, graphs.asked(model.base_url)))


async def test_a_message_is_answered_with_its_runs_events(server: Server, session: str) -> None:
    async with server.socket(f"/sessions/{session}/chat") as socket:
        assert await talk.silent(socket)
        message_id = str(uuid4())
        await socket.send(talk.message("Hi", message_id))
        events = await talk.heard(socket)
        assert await talk.silent(socket)
    assert talk.in_order(events)
    kinds = talk.types(events)
    assert kinds[:2] == ["message.accepted", "run.started"]
    assert kinds[-2:] == ["answer", "run.finished"]
    accepted = events[0]["data"]["message"]
    assert (accepted["id"], accepted["content"], accepted["role"]) == (message_id, "Hi", "user")
    answer = events[-2]["data"]
    assert (answer["text"], answer["message"]["role"], answer["message"]["content"]) == (ANSWER, "assistant", ANSWER)


async def test_the_same_objects_come_over_every_way(server: Server, client: httpx2.AsyncClient, session: str) -> None:
    async with server.socket(f"/sessions/{session}/chat") as socket:
        await socket.send(talk.message("Hi"))
        frames = [await socket.recv()]
        while json.loads(frames[-1])["type"] != "run.finished":
            frames.append(await socket.recv())
    run = json.loads(frames[0])["run_id"]
    async with client.stream("GET", f"{V1}/runs/{run}/events") as response:
        assert [frame["data"] async for frame in talk.frames(response)] == frames
    async with server.socket(f"/runs/{run}/events") as socket:
        assert [frame async for frame in socket] == frames
    listed = await client.get(f"{V1}/runs/{run}/events", headers={"accept": "application/json"})
    assert listed.json()["items"] == [json.loads(frame) for frame in frames]


async def test_what_was_said_is_stored(server: Server, client: httpx2.AsyncClient, session: str) -> None:
    async with server.socket(f"/sessions/{session}/chat") as socket:
        for content in ("First question, with a title", "second"):
            await socket.send(talk.message(content))
            finished = (await talk.heard(socket))[-1]
    stored = (await client.get(f"{V1}/sessions/{session}/messages")).json()
    assert (stored["total"], stored["skip"], stored["limit"]) == (4, 0, 100)
    assert [(message["role"], message["content"]) for message in stored["items"]] == [
        ("user", "First question, with a title"), ("assistant", ANSWER), ("user", "second"), ("assistant", ANSWER),
    ]  # fmt: skip
    assert stored["items"][-1]["run_id"] == finished["run_id"]
    known = (await client.get(f"{V1}/sessions/{session}")).json()
    assert (known["title"], known["active_run"]) == ("First question, with a title", None)
    page = (await client.get(f"{V1}/sessions/{session}/messages", params={"skip": 1, "limit": 2})).json()
    assert [message["content"] for message in page["items"]] == [ANSWER, "second"]


async def test_a_model_sees_the_conversation_so_far(server: Server, session: str, model: OpenAIServer) -> None:
    async with server.socket(f"/sessions/{session}/chat") as socket:
        for content in ("one", "two", "three"):
            await socket.send(talk.message(content))
            await talk.heard(socket)
    told = [
        (message["role"], message["content"]) for message in model.last_body["messages"] if message["role"] != "system"
    ]
    assert [content for _, content in told][:4] == ["one", ANSWER, "two", ANSWER]
    assert told[-1][1].endswith("three")


async def test_two_sockets_of_a_session_see_the_same(server: Server, client: httpx2.AsyncClient, session: str) -> None:
    async with (
        server.socket(f"/sessions/{session}/chat") as mine,
        server.socket(f"/sessions/{session}/chat") as other,
    ):
        await mine.send(talk.message("Hi"))
        assert await talk.heard(mine) == await talk.heard(other)
        workflow = (await client.get(f"{V1}/sessions/{session}")).json()["workflow_id"]
        run = await talk.begun(client, workflow, "asked over REST", session_id=session)
        seen = [await talk.heard(mine), await talk.heard(other)]
        assert seen[0] == seen[1]
        assert {event["run_id"] for event in seen[0]} == {run}
        assert seen[0][0]["type"] == "message.accepted"


async def test_other_sessions_see_nothing(server: Server, client: httpx2.AsyncClient, session: str) -> None:
    workflow = (await client.get(f"{V1}/sessions/{session}")).json()["workflow_id"]
    elsewhere = await talk.session_of(client, workflow)
    async with (
        server.socket(f"/sessions/{session}/chat") as mine,
        server.socket(f"/sessions/{elsewhere}/chat") as other,
    ):
        await mine.send(talk.message("Hi"))
        run = (await talk.heard(mine))[0]["run_id"]
        assert await talk.silent(other)
        for frame in ({"type": "follow", "run_id": run}, {"type": "cancel", "run_id": run}):
            await other.send(json.dumps(frame))
            assert (await talk.heard(other, "error"))[0]["code"] == "NOT_FOUND"


async def test_a_message_sent_again_is_asked_once(server: Server, session: str, model: OpenAIServer) -> None:
    message = talk.message("Hi")
    async with server.socket(f"/sessions/{session}/chat") as socket:
        await socket.send(message)
        first = await talk.heard(socket)
        await socket.send(message)
        assert await talk.silent(socket)
    async with server.socket(f"/sessions/{session}/chat") as socket:
        await socket.send(message)
        assert await talk.heard(socket) == first
    assert model.chats == 1


async def test_fifty_sockets_with_one_message_make_one_run(
    server: Server, client: httpx2.AsyncClient, session: str, model: OpenAIServer
) -> None:
    message = talk.message("Hi")

    async def sent() -> list[talk.Json]:
        async with server.socket(f"/sessions/{session}/chat", open_timeout=30) as socket:
            await socket.send(message)
            return await talk.heard(socket)

    seen = await asyncio.gather(*(sent() for _ in range(50)))
    assert all(events == seen[0] for events in seen)
    assert model.chats == 1
    assert (await client.get(f"{V1}/sessions/{session}/messages")).json()["total"] == 2


async def test_an_id_with_other_content_is_an_error(server: Server, client: httpx2.AsyncClient, session: str) -> None:
    message_id = str(uuid4())
    elsewhere = await talk.session_of(client, await talk.saved(client, graphs.echo()))
    async with server.socket(f"/sessions/{session}/chat") as socket:
        await socket.send(talk.message("Hi", message_id))
        answer = (await talk.heard(socket))[-2]["data"]["message"]
        for used in (message_id, answer["id"], message_id.upper()):
            await socket.send(talk.message("Ho", used))
            told = (await talk.heard(socket, "error"))[0]
            assert (told["code"], told["id"]) == ("MESSAGE_ID_REUSED", used)
    async with server.socket(f"/sessions/{elsewhere}/chat") as socket:
        await socket.send(talk.message("Hi", message_id))
        assert (await talk.heard(socket, "error"))[0]["code"] == "MESSAGE_ID_REUSED"


async def test_messages_of_a_session_run_one_after_another(
    server: Server, client: httpx2.AsyncClient, session: str, model: OpenAIServer
) -> None:
    model.gap_ms = 20
    async with server.socket(f"/sessions/{session}/chat") as socket:
        for number in range(4):
            await socket.send(talk.message(f"Q{number}"))
        seen: list[talk.Json] = []
        for _ in range(4):
            seen += await talk.heard(socket)
    stored = (await client.get(f"{V1}/sessions/{session}/messages")).json()["items"]
    assert [message["content"] for message in stored if message["role"] == "user"] == ["Q0", "Q1", "Q2", "Q3"]
    runs = [message["run_id"] for message in stored if message["role"] == "user"]
    assert [event["run_id"] for event in seen if event["type"] == "run.finished"] == runs
    for earlier, later in pairwise(runs):
        ended = next(i for i, e in enumerate(seen) if e["run_id"] == earlier and e["type"] == "run.finished")
        begun = next(i for i, e in enumerate(seen) if e["run_id"] == later and e["type"] == "run.started")
        assert ended < begun
    assert model.peak_open == 1


async def test_a_client_that_comes_back_follows_from_where_it_was(
    server: Server, client: httpx2.AsyncClient, session: str, model: OpenAIServer
) -> None:
    model.tokens, model.gap_ms = 20, 50
    async with server.socket(f"/sessions/{session}/chat") as socket:
        await socket.send(talk.message("Hi"))
        before = await talk.heard(socket, "answer.delta")
    run = (await client.get(f"{V1}/sessions/{session}")).json()["active_run"]
    assert run == before[0]["run_id"]
    async with server.socket(f"/sessions/{session}/chat") as socket:
        assert await talk.silent(socket, 0.2)
        await socket.send(json.dumps({"type": "follow", "run_id": run, "after": before[-1]["seq"]}))
        after = await talk.heard(socket)
        await socket.send(json.dumps({"type": "follow", "run_id": run, "after": 0}))
        assert await talk.silent(socket)
    assert talk.in_order(before + after)
    assert before + after == await talk.events_of(client, run)


async def test_a_client_that_comes_back_sees_what_waits_behind_the_run_it_follows(
    server: Server, client: httpx2.AsyncClient, session: str, model: OpenAIServer
) -> None:
    async with server.socket(f"/sessions/{session}/chat") as socket:
        await socket.send(talk.message("HANG"))
        first = (await talk.heard(socket, "run.started"))[0]["run_id"]
        await socket.send(talk.message("behind"))
        second = (await talk.heard(socket, "message.accepted"))[-1]["run_id"]
    async with server.socket(f"/sessions/{session}/chat") as socket:
        await socket.send(json.dumps({"type": "follow", "run_id": first}))
        await socket.send(json.dumps({"type": "cancel", "run_id": first}))
        seen = await talk.heard(socket)
        while seen[-1]["run_id"] != second:
            seen += await talk.heard(socket)
    of_second = [event for event in seen if event["run_id"] == second]
    assert talk.in_order(of_second)
    assert of_second[0]["type"] == "message.accepted"


async def test_a_run_is_stopped_by_a_frame(server: Server, session: str, model: OpenAIServer) -> None:
    async with server.socket(f"/sessions/{session}/chat") as socket:
        await socket.send(talk.message("HANGMID"))
        run = (await talk.heard(socket, "answer.delta"))[0]["run_id"]
        await socket.send(json.dumps({"type": "cancel", "run_id": run}))
        await talk.until(lambda: model.open == 0, within=1)
        events = await talk.heard(socket)
        assert events[-1]["data"]["status"] == "cancelled"
        assert (events[-2]["type"], events[-2]["data"]["complete"]) == ("answer", False)
        await socket.send(talk.message("go on"))
        assert (await talk.heard(socket))[-1]["data"]["status"] == "succeeded"


async def test_closing_the_browser_changes_nothing(
    server: Server, client: httpx2.AsyncClient, session: str, model: OpenAIServer
) -> None:
    model.tokens, model.gap_ms = 10, 20
    runs: list[str] = []
    for moment in (0.0, 0.05, 0.15):
        socket = await server.socket(f"/sessions/{session}/chat")
        await socket.send(talk.message("Hi"))
        runs.append((await talk.heard(socket, "message.accepted"))[0]["run_id"])
        await asyncio.sleep(moment)
        socket.transport.abort()
    whole = "".join(f"tok{number} " for number in range(10))
    for run in runs:
        assert (await talk.ended(client, run))["answer"] == whole
    stored = (await client.get(f"{V1}/sessions/{session}/messages")).json()["items"]
    assert [message["content"] for message in stored if message["role"] == "assistant"] == [whole] * 3


BAD_FRAMES = [
    "", " ", "{", "null", "[]", '"x"', "1", "{}", '{"type": null}', '{"type": "shout"}', '{"type": "message"}',
    '{"type": "message", "id": "no uuid", "content": "x"}', '{"type": "message", "id": 1, "content": "x"}',
    f'{{"type": "message", "id": "{uuid4()}", "content": ""}}',
    f'{{"type": "message", "id": "{uuid4()}", "content": 1}}',
    f'{{"type": "message", "id": "{uuid4()}", "content": "a\\u0000b"}}',
    f'{{"type": "message", "id": "{uuid4()}", "content": "a\\ud800b"}}',
    f'{{"type": "message", "id": "{uuid4()}", "content": "x", "workspace": 1}}',
    '{"type": "cancel"}', '{"type": "cancel", "run_id": "x"}', f'{{"type": "cancel", "run_id": "{uuid4()}"}}',
    f'{{"type": "follow", "run_id": "{uuid4()}"}}', f'{{"type": "follow", "run_id": "{uuid4()}", "after": -1}}',
    f'{{"type": "follow", "run_id": "{uuid4()}", "after": 1e99}}',
    f'{{"type": "follow", "run_id": "{uuid4()}", "after": 99999999999999999999}}',
    '{"type": "message", "content": NaN}', "[" * 60_000, '{"id":' * 10_000, '{"a": "' + "é" * 40_000 + '"}',
    "x" * 70_000, "x" * 1_000_000, "\ufeff{}", b"\x00\xff", b'{"type": "cancel"}',
]  # fmt: skip


async def test_a_frame_that_cannot_be_taken_is_answered_and_the_socket_stays_open(server: Server, session: str) -> None:
    async with server.socket(f"/sessions/{session}/chat") as socket:
        for frame in BAD_FRAMES:
            await socket.send(frame)
            told = json.loads(await socket.recv())
            assert told["type"] == "error", frame[:100]
            assert told["code"] == told["code"].upper()
            assert len(told["message"]) > 10
        await socket.send(talk.message("x" * 70_000))
        assert json.loads(await socket.recv())["code"] == "FRAME_TOO_LARGE"
        await socket.send(talk.message("still here"))
        assert (await talk.heard(socket))[-1]["type"] == "run.finished"


async def test_random_frames_never_close_a_socket(server: Server, session: str) -> None:
    seed = random.randrange(10**6)
    print(f"seed={seed}")
    chance = random.Random(seed)
    words = ['"type"', '"message"', '"follow"', '"id"', ":", ",", "{", "}", "[", "]", "1e5", "null", "\\", '"', "\x01"]
    async with server.socket(f"/sessions/{session}/chat") as socket:
        for _ in range(200):
            await socket.send("".join(chance.choices(words, k=chance.randrange(12))))
            assert json.loads(await socket.recv())["type"] == "error"


async def test_a_workflow_with_errors_is_told_on_the_socket(server: Server, client: httpx2.AsyncClient) -> None:
    workflow = await talk.saved(client, {"nodes": [graphs.node("q", "query")]})
    async with server.socket(f"/sessions/{await talk.session_of(client, workflow)}/chat") as socket:
        await socket.send(talk.message("Hi"))
        told = json.loads(await socket.recv())
    assert (told["type"], told["code"]) == ("error", "INVALID_GRAPH")
    assert told["problems"][0]["code"] == "no_output"


async def test_a_runs_socket_follows_it_and_closes_with_it(
    server: Server, client: httpx2.AsyncClient, session: str, model: OpenAIServer
) -> None:
    model.tokens, model.gap_ms = 10, 20
    workflow = (await client.get(f"{V1}/sessions/{session}")).json()["workflow_id"]
    run = await talk.begun(client, workflow)
    async with server.socket(f"/runs/{run}/events") as live:
        followed = [json.loads(frame) async for frame in live]
    assert followed == await talk.events_of(client, run)
    for after in (0, 3, len(followed), len(followed) + 5):
        async with asyncio.timeout(4), server.socket(f"/runs/{run}/events?after={after}") as socket:
            assert [json.loads(frame) async for frame in socket] == followed[after:]
        assert socket.close_code == 1000


async def test_what_a_client_says_on_a_runs_socket_is_not_heard(
    server: Server, client: httpx2.AsyncClient, session: str, model: OpenAIServer
) -> None:
    workflow = (await client.get(f"{V1}/sessions/{session}")).json()["workflow_id"]
    run = await talk.begun(client, workflow, "HANG")
    async with server.socket(f"/runs/{run}/events") as socket:
        for frame in ("", "x", b"\x00", json.dumps({"type": "cancel", "run_id": run})):
            await socket.send(frame)
        await asyncio.sleep(0.2)
        assert (await talk.run_of(client, run))["status"] == "running"
        await client.post(f"{V1}/runs/{run}/cancel")
        assert talk.types([json.loads(frame) async for frame in socket])[-1] == "run.finished"


async def test_sockets_of_what_is_not_there_are_refused(server: Server) -> None:
    for path, status in (
        (f"/sessions/{uuid4()}/chat", 404),
        (f"/runs/{uuid4()}/events", 404),
        ("/sessions/no-uuid/chat", 422),
        ("/runs/no-uuid/events", 422),
        (f"/runs/{uuid4()}/events?after=x", 422),
        (f"/runs/{uuid4()}/events?after={2**70}", 422),
        ("/nothing", 404),
    ):
        with pytest.raises(InvalidStatus) as refused:
            await server.socket(path)
        assert refused.value.response.status_code == status, path
        body = json.loads(refused.value.response.body)
        assert body["status"] == status
        assert body["request_id"]


async def test_deleting_a_session_ends_what_is_followed(
    server: Server, client: httpx2.AsyncClient, session: str, model: OpenAIServer
) -> None:
    async with server.socket(f"/sessions/{session}/chat") as socket:
        await socket.send(talk.message("HANG"))
        run = (await talk.heard(socket, "run.started"))[0]["run_id"]
        await talk.until(lambda: model.open == 1)
        assert (await client.delete(f"{V1}/sessions/{session}")).status_code == 204
        await talk.until(lambda: model.open == 0, within=2)
        assert (await client.get(f"{V1}/runs/{run}")).status_code == 404
        await socket.send(talk.message("anyone there?"))
        try:
            seen = [json.loads(await socket.recv())]
            while seen[-1]["type"] != "error":
                seen.append(json.loads(await socket.recv()))
        except ConnectionClosed:
            return
        assert seen[-1]["code"] == "NOT_FOUND"


async def test_sessions_are_named_listed_and_removed(client: httpx2.AsyncClient) -> None:
    workflow = await talk.saved(client, graphs.echo())
    made = [await talk.session_of(client, workflow) for _ in range(3)]
    renamed = await client.patch(f"{V1}/sessions/{made[0]}", json={"title": "Mine"})
    assert (renamed.status_code, renamed.json()["title"]) == (200, "Mine")
    assert (await client.patch(f"{V1}/sessions/{made[0]}", json={})).json()["title"] == "Mine"
    run = await talk.asked(client, workflow, "What is this?", session_id=made[0])
    assert (await client.get(f"{V1}/sessions/{made[0]}")).json()["title"] == "Mine"
    listed = (await client.get(f"{V1}/workflows/{workflow}/sessions", params={"limit": 2})).json()
    assert (listed["items"][0]["id"], listed["total"], len(listed["items"])) == (made[0], 3, 2)
    assert (await client.delete(f"{V1}/sessions/{made[0]}")).status_code == 204
    for path in (f"sessions/{made[0]}", f"sessions/{made[0]}/messages", f"runs/{run['id']}"):
        assert (await client.get(f"{V1}/{path}")).status_code == 404
    assert (await client.delete(f"{V1}/sessions/{made[0]}")).status_code == 404
    for path in (f"workflows/{uuid4()}/sessions", f"sessions/{uuid4()}"):
        assert (await client.get(f"{V1}/{path}")).status_code == 404
