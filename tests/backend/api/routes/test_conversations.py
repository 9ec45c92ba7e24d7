"""Conversations: branches of questions, feedback on answers, and how long a model thought."""

from uuid import uuid4

import httpx2
import pytest

from tests.fakes.openai_server import OpenAIServer
from tests.support import graphs, talk
from tests.support.server import Server
from tests.support.talk import V1


@pytest.fixture
async def session(client: httpx2.AsyncClient, model: OpenAIServer) -> str:
    return await talk.session_of(client, await talk.saved(client, graphs.asked(model.base_url)))


async def say(server: Server, session: str, content: str, **more: object) -> tuple[str, list[talk.Json]]:
    """The message's id, and the events of its run or the error."""
    message_id = str(uuid4())
    async with server.socket(f"/sessions/{session}/chat") as socket:
        await socket.send(talk.json.dumps({"type": "message", "id": message_id, "content": content, **more}))
        events = [talk.json.loads(await socket.recv())]
        while events[-1]["type"] not in ("run.finished", "error"):
            events.append(talk.json.loads(await socket.recv()))
    return message_id, events


async def messages(client: httpx2.AsyncClient, session: str) -> list[talk.Json]:
    return (await client.get(f"{V1}/sessions/{session}/messages")).json()["items"]


async def test_a_question_follows_the_last_one_or_the_one_that_it_names(
    server: Server, client: httpx2.AsyncClient, session: str, model: OpenAIServer
) -> None:
    first, _ = await say(server, session, "one")
    second, _ = await say(server, session, "two")
    branch, events = await say(server, session, "two again", parent_id=first)
    assert events[0]["data"]["message"]["parent_id"] == first
    seen = [message["content"] for message in model.last_body["messages"] if message["role"] == "user"]
    assert [text for text in ("one", "two", "two again") if any(text == one for one in seen)] == ["one", "two again"]
    third, _ = await say(server, session, "three")
    root, _ = await say(server, session, "another beginning", parent_id=None)
    assert [message["role"] for message in model.last_body["messages"]].count("user") == 1
    kept = await messages(client, session)
    parents = {one["id"]: one["parent_id"] for one in kept if one["role"] == "user"}
    assert parents == {first: None, second: first, branch: first, third: branch, root: None}
    assert [one["parent_id"] for one in kept if one["role"] == "assistant"] == [first, second, branch, third, root]


async def test_a_parent_of_another_conversation_is_refused(server: Server, session: str) -> None:
    _, events = await say(server, session, "one", parent_id=str(uuid4()))
    assert (events[-1]["type"], events[-1]["code"]) == ("error", "NOT_FOUND")
    _, events = await say(server, session, "one", parent_id="no id")
    assert (events[-1]["type"], events[-1]["code"]) == ("error", "INVALID_FRAME")


async def test_feedback_is_kept_replaced_and_removed(server: Server, client: httpx2.AsyncClient, session: str) -> None:
    await say(server, session, "one")
    question, answer = await messages(client, session)
    assert answer["feedback"] is None
    path = f"{V1}/sessions/{session}/messages/{answer['id']}/feedback"
    given = await client.put(path, json={"rating": "down", "reason": "Too short"})
    assert (given.status_code, given.json()["rating"], given.json()["reason"]) == (200, "down", "Too short")
    assert (await client.put(path, json={"rating": "up"})).json()["reason"] == ""
    assert [one["feedback"] and one["feedback"]["rating"] for one in await messages(client, session)] == [None, "up"]
    assert (await client.delete(path)).status_code == 204
    assert (await client.delete(path)).status_code == 204
    assert (await messages(client, session))[1]["feedback"] is None
    assert (await client.put(path.replace(answer["id"], question["id"]), json={"rating": "up"})).status_code == 422
    assert (await client.put(path.replace(answer["id"], str(uuid4())), json={"rating": "up"})).status_code == 404
    assert (await client.put(path, json={"rating": "sideways"})).status_code == 422
    await client.put(path, json={"rating": "up"})
    assert (await client.delete(f"{V1}/sessions/{session}")).status_code == 204


async def test_an_answer_keeps_how_long_the_model_thought(
    server: Server, client: httpx2.AsyncClient, session: str, model: OpenAIServer
) -> None:
    model.gap_ms = 20
    await say(server, session, "THINK about it")
    await say(server, session, "Just say it")
    thoughtful, plain = (await messages(client, session))[1::2]
    assert (thoughtful["metadata"]["thought"], plain["metadata"]["thought"]) == (True, False)
    assert thoughtful["metadata"]["thought_ms"] > 0
    assert plain["metadata"]["thought_ms"] is None
