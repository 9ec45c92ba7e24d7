"""Runs over REST: asked, waited for, streamed, repeated, stopped."""

import asyncio
import json
from uuid import uuid4

import httpx2
import pytest

from tests.fakes.openai_server import OpenAIServer
from tests.fakes.quirky_server import QuirkyServer
from tests.support import graphs, talk
from tests.support.talk import V1, Json

ANSWER = "tok0 tok1 tok2 tok3 tok4 "


@pytest.fixture
async def workflow(client: httpx2.AsyncClient, model: OpenAIServer) -> str:
    return await talk.saved(client, graphs.asked(model.base_url))


async def streamed(response: httpx2.Response) -> list[Json]:
    found: list[Json] = []
    async for frame in talk.frames(response):
        event = json.loads(frame["data"])
        assert (frame["id"], frame["event"]) == (str(event["seq"]), event["type"])
        assert set(event) == {"seq", "run_id", "type", "node_id", "at", "data"}
        found.append(event)
    return found


async def test_a_run_is_accepted_with_its_address(client: httpx2.AsyncClient, workflow: str) -> None:
    accepted = await client.post(f"{V1}/workflows/{workflow}/runs", json={"query": "Hi"})
    run = accepted.json()
    assert accepted.status_code == 202
    assert accepted.headers["location"] == f"{V1}/runs/{run['id']}"
    assert run["status"] in ("queued", "running")
    assert (run["answer"], run["query"], run["session_id"]) == (None, "Hi", None)
    ended = await talk.ended(client, run["id"])
    assert (ended["status"], ended["answer"], ended["error"], ended["sources"]) == ("succeeded", ANSWER, None, [])
    assert ended["usage"] == {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}
    assert [(node["id"], node["type"], node["status"]) for node in ended["nodes"]] == [
        ("q", "query", "succeeded"), ("llm", "llm", "succeeded"), ("o", "output", "succeeded"),
    ]  # fmt: skip
    asked = ended["nodes"][1]
    assert (asked["inputs"]["prompt"], asked["outputs"]["answer"]) == ("Hi", ANSWER)
    assert asked["duration_ms"] > 0
    assert asked["started_at"].endswith("Z")


async def test_a_client_may_wait_for_the_end(client: httpx2.AsyncClient, workflow: str) -> None:
    async def asked(query: str, prefer: str) -> httpx2.Response:
        return await client.post(f"{V1}/workflows/{workflow}/runs", json={"query": query}, headers={"prefer": prefer})

    done = await asked("Hi", "wait=20")
    assert (done.status_code, done.json()["status"], done.json()["answer"]) == (200, "succeeded", ANSWER)
    late = await asked("HANG", "respond-async, wait=0")
    assert (late.status_code, late.json()["finished_at"]) == (202, None)
    later = await asked("HANG", "wait=1")
    assert (later.status_code, later.json()["status"]) == (202, "running")
    for run in (late, later):
        await client.post(f"{V1}/runs/{run.json()['id']}/cancel")
    assert (await asked("Hi", "handling=lenient")).status_code == 202


async def test_a_run_may_be_streamed_where_it_is_asked(client: httpx2.AsyncClient, workflow: str) -> None:
    async with client.stream(
        "POST", f"{V1}/workflows/{workflow}/runs", json={"query": "THINK"}, headers={"accept": "text/event-stream"}
    ) as response:
        assert response.status_code == 200
        assert response.headers["content-type"].startswith("text/event-stream")
        events = await streamed(response)
    assert talk.in_order(events)
    assert events[0]["seq"] == 1
    kinds = talk.types(events)
    assert kinds[0] == "run.started"
    assert kinds[-2:] == ["answer", "run.finished"]
    assert kinds.count("run.finished") == 1
    assert [node["id"] for node in events[0]["data"]["plan"]] == ["q", "llm", "o"]
    assert events[0]["data"]["workflow_id"] == workflow
    assert events[0]["data"]["version"] == 1
    said = "".join(event["data"]["text"] for event in events if event["type"] == "answer.delta")
    thought = [event["data"] for event in events if event["type"] == "thinking"]
    assert said == ANSWER == events[-2]["data"]["text"]
    assert "".join(one["text"] for one in thought if one["kind"] == "reasoning") == "Let me think. "
    assert any(one["kind"] == "status" for one in thought)
    assert events[-1]["data"]["status"] == "succeeded"
    assert response.headers["location"] == f"{V1}/runs/{events[0]['run_id']}"


async def test_events_are_read_from_the_first_or_after_one(client: httpx2.AsyncClient, workflow: str) -> None:
    run = await talk.asked(client, workflow)
    address = f"{V1}/runs/{run['id']}/events"
    whole = (await client.get(address)).content
    frames = whole.split(b"\n\n")[:-1]
    assert [frame.count(b"\n") for frame in frames] == [2] * len(frames)
    for seen in (0, 1, 5, len(frames) - 1):
        rest = b"".join(frame + b"\n\n" for frame in frames[seen:])
        assert (await client.get(address, params={"after": seen})).content == rest
        assert (await client.get(address, headers={"last-event-id": str(seen)})).content == rest
        listed = (await client.get(address, params={"after": seen}, headers={"accept": "application/json"})).json()
        assert listed["total"] == len(frames) - seen
        assert listed["items"] == [json.loads(frame.split(b"\ndata: ")[1]) for frame in frames[seen:]]
    page = (await client.get(address, params={"skip": 2, "limit": 3}, headers={"accept": "application/json"})).json()
    assert ([event["seq"] for event in page["items"]], page["skip"], page["limit"]) == ([3, 4, 5], 2, 3)


async def test_nothing_is_waited_for_after_the_last_event(client: httpx2.AsyncClient, workflow: str) -> None:
    run = await talk.asked(client, workflow)
    last = (await talk.events_of(client, run["id"]))[-1]["seq"]
    for after in (last, last + 7):
        async with asyncio.timeout(4):
            assert (await client.get(f"{V1}/runs/{run['id']}/events", params={"after": after})).content == b""


async def test_wrong_places_in_a_log_are_refused(client: httpx2.AsyncClient, workflow: str) -> None:
    run = await talk.asked(client, workflow)
    for place in ("x", "-1", "1.5", "9" * 30):
        answer = await client.get(f"{V1}/runs/{run['id']}/events", headers={"last-event-id": place})
        assert answer.status_code == 422, place
        assert (await client.get(f"{V1}/runs/{run['id']}/events", params={"after": place})).status_code == 422


async def test_a_repeated_key_answers_with_the_first_run(
    client: httpx2.AsyncClient, workflow: str, model: OpenAIServer
) -> None:
    async def asked(query: str, key: str, **headers: str) -> httpx2.Response:
        address = f"{V1}/workflows/{workflow}/runs"
        return await client.post(address, json={"query": query}, headers={"idempotency-key": key} | headers)

    key = str(uuid4())
    first = await asked("Hi", key)
    again = await asked("Hi", key, prefer="wait=20")
    assert first.json()["id"] == again.json()["id"]
    assert (again.status_code, again.json()["answer"]) == (200, ANSWER)
    assert (await asked("Hi", str(uuid4()))).json()["id"] != first.json()["id"]
    other = await asked("Ho", key)
    assert (other.status_code, other.json()["code"]) == (422, "IDEMPOTENCY_KEY_REUSED")


@pytest.mark.parametrize("with_session", [False, True])
async def test_fifty_requests_with_one_key_make_one_run(
    client: httpx2.AsyncClient, workflow: str, model: OpenAIServer, with_session: bool
) -> None:
    key = str(uuid4())
    body = {"query": "Hi"} | ({"session_id": await talk.session_of(client, workflow)} if with_session else {})
    answers = await asyncio.gather(
        *(
            client.post(
                f"{V1}/workflows/{workflow}/runs", json=body, headers={"idempotency-key": key, "prefer": "wait=30"}
            )
            for _ in range(50)
        )
    )
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert model.chats == 1


async def test_many_questions_of_one_session_at_once_are_answered_one_after_another(
    client: httpx2.AsyncClient, workflow: str, model: OpenAIServer
) -> None:
    session = await talk.session_of(client, workflow)
    runs = await asyncio.gather(*(talk.begun(client, workflow, f"Q{n}", session_id=session) for n in range(12)))
    for run in runs:
        assert (await talk.ended(client, run))["status"] == "succeeded"
    assert model.peak_open == 1
    stored = (await client.get(f"{V1}/sessions/{session}/messages")).json()["items"]
    assert [message["role"] for message in stored] == ["user", "assistant"] * 12


async def test_a_run_that_streams_is_stopped_and_keeps_what_was_said(
    client: httpx2.AsyncClient, workflow: str, model: OpenAIServer
) -> None:
    run = await talk.begun(client, workflow, "HANGMID")
    await talk.until(lambda: model.open == 1)
    await asyncio.sleep(0.3)
    stopped = await client.post(f"{V1}/runs/{run}/cancel")
    assert (stopped.status_code, stopped.json()["id"]) == (202, run)
    await talk.until(lambda: model.open == 0, within=1)
    ended = await talk.ended(client, run, within=3)
    assert (ended["status"], ended["answer"]) == ("cancelled", "tok0 tok1 ")
    events = await talk.events_of(client, run)
    assert talk.types(events)[-2:] == ["answer", "run.finished"]
    assert events[-2]["data"]["complete"] is False
    assert events[-1]["data"]["status"] == "cancelled"
    again = await client.post(f"{V1}/runs/{run}/cancel")
    assert (again.status_code, again.json()) == (202, ended)


async def test_a_run_is_stopped_before_the_model_has_answered(
    client: httpx2.AsyncClient, workflow: str, model: OpenAIServer
) -> None:
    run = await talk.begun(client, workflow, "HANG")
    await talk.until(lambda: model.open == 1)
    await client.post(f"{V1}/runs/{run}/cancel")
    await talk.until(lambda: model.open == 0, within=1)
    assert (await talk.ended(client, run, within=3))["status"] == "cancelled"


async def test_a_run_is_stopped_while_it_waits_to_try_again(
    client: httpx2.AsyncClient, workflow: str, model: OpenAIServer
) -> None:
    model.retry_after = "20"
    run = await talk.begun(client, workflow, "FAIL503x1")
    await talk.until(lambda: model.chats == 1)
    await client.post(f"{V1}/runs/{run}/cancel")
    assert (await talk.ended(client, run, within=3))["status"] == "cancelled"
    assert model.chats == 1


async def test_a_queued_run_is_stopped_at_once(client: httpx2.AsyncClient, workflow: str, model: OpenAIServer) -> None:
    session = await talk.session_of(client, workflow)
    first = await talk.begun(client, workflow, "HANG", session_id=session)
    second = await talk.begun(client, workflow, "second", session_id=session)
    third = await talk.begun(client, workflow, "third", session_id=session)
    assert (await talk.run_of(client, second))["status"] == "queued"
    await client.post(f"{V1}/runs/{second}/cancel")
    assert (await talk.ended(client, second, within=3))["status"] == "cancelled"
    assert (await talk.run_of(client, third))["status"] == "queued"
    await client.post(f"{V1}/runs/{first}/cancel")
    assert (await talk.ended(client, third))["status"] == "succeeded"
    assert (await talk.run_of(client, first))["status"] == "cancelled"


async def test_a_run_of_another_workflows_session_is_refused(client: httpx2.AsyncClient, workflow: str) -> None:
    session = await talk.session_of(client, await talk.saved(client, graphs.echo()))
    for body, status in (
        ({"query": "Hi", "session_id": session}, 422),
        ({"query": "Hi", "session_id": str(uuid4())}, 404),
    ):
        assert (await client.post(f"{V1}/workflows/{workflow}/runs", json=body)).status_code == status
    assert (await client.post(f"{V1}/workflows/{workflow}/runs", json={"query": ""})).status_code == 422


async def test_runs_of_a_workflow_are_listed_newest_first(client: httpx2.AsyncClient) -> None:
    workflow = await talk.saved(client, graphs.echo())
    runs = [(await talk.asked(client, workflow, f"Q{number}"))["id"] for number in range(4)]
    listed = (await client.get(f"{V1}/workflows/{workflow}/runs", params={"skip": 1, "limit": 2})).json()
    assert [run["id"] for run in listed["items"]] == [runs[2], runs[1]]
    assert (listed["total"], listed["skip"], listed["limit"]) == (4, 1, 2)
    assert (await client.get(f"{V1}/workflows/{uuid4()}/runs")).status_code == 404


async def test_a_run_keeps_the_version_that_it_was_asked_of(
    client: httpx2.AsyncClient, workflow: str, model: OpenAIServer
) -> None:
    session = await talk.session_of(client, workflow)
    first = await talk.begun(client, workflow, "HANG", session_id=session)
    second = await talk.begun(client, workflow, "Hi", session_id=session)
    await client.put(f"{V1}/workflows/{workflow}", json={"name": "now an echo", "configuration": graphs.echo()})
    await client.post(f"{V1}/runs/{first}/cancel")
    ended = await talk.ended(client, second)
    assert (ended["version"], ended["answer"]) == (1, ANSWER)
    assert (await talk.asked(client, workflow))["answer"] == "Hello"


async def test_models_that_feed_no_output_think(client: httpx2.AsyncClient, model: OpenAIServer) -> None:
    run = await talk.asked(client, await talk.saved(client, graphs.in_a_row(model.base_url, 2)))
    events = await talk.events_of(client, run["id"])
    assert {event["node_id"] for event in events if event["type"] == "answer.delta"} == {"llm-2"}
    thought = [event for event in events if event["type"] == "thinking" and event["data"]["kind"] == "reasoning"]
    assert "".join(event["data"]["text"] for event in thought) == ANSWER
    assert {event["node_id"] for event in thought} == {"llm-1"}


async def test_text_is_told_in_few_events_and_never_a_token_each(
    client: httpx2.AsyncClient, workflow: str, model: OpenAIServer
) -> None:
    model.tokens, model.gap_ms = 200, 2
    run = await talk.asked(client, workflow)
    deltas = [event for event in await talk.events_of(client, run["id"]) if event["type"] == "answer.delta"]
    assert "".join(event["data"]["text"] for event in deltas) == run["answer"]
    assert 2 <= len(deltas) <= 60


async def test_what_was_sent_to_the_model_is_shown_to_who_looks_into_the_run(
    client: httpx2.AsyncClient, model: OpenAIServer
) -> None:
    configuration = graphs.asked(model.base_url)
    llm = next(node for node in configuration["nodes"] if node["type"] == "llm")
    llm["data"]["config"]["system_prompt"] = "Answer like a sailor."
    workflow = await talk.saved(client, configuration)
    waited = {"json": {"query": "Where is port?"}, "headers": {"prefer": "wait=30"}}
    run = (await client.post(f"{V1}/workflows/{workflow}/runs", **waited)).json()
    shown = next(node for node in run["nodes"] if node["type"] == "llm")["inputs"]
    assert shown["prompt_as_sent"] == "system:\nAnswer like a sailor.\n\nuser:\nWhere is port?"


async def asked_of(client: httpx2.AsyncClient, server: QuirkyServer, model: str) -> tuple[Json, list[Json], Json]:
    """The run, its events, and the stored answer, of a question in a conversation."""
    workflow = await talk.saved(client, graphs.asked(f"{server.url}/v1", model=model))
    session = await talk.session_of(client, workflow)
    run = await talk.asked(client, workflow, session_id=session)
    messages = (await client.get(f"{V1}/sessions/{session}/messages")).json()["items"]
    return run, await talk.events_of(client, run["id"]), messages[-1]


async def test_an_answer_that_was_cut_says_so_everywhere(client: httpx2.AsyncClient) -> None:
    async with QuirkyServer() as server:
        run, events, message = await asked_of(client, server, "cut-by-length")
    by_type = {event["type"]: event["data"] for event in events}
    assert (run["status"], run["answer"], run["finish_reason"]) == ("succeeded", "Hello wor", "length")
    assert (by_type["answer"]["complete"], by_type["answer"]["finish_reason"]) == (False, "length")
    assert next(e for e in events if e["node_id"] == "llm" and e["type"] == "node.finished")["data"]["finish_reason"]
    assert message["metadata"]["finish_reason"] == "length"


async def test_reasoning_that_nothing_announced_is_taken_out_of_the_answer(client: httpx2.AsyncClient) -> None:
    async with QuirkyServer() as server:
        run, events, message = await asked_of(client, server, "think-without-opening")
    assert run["answer"] == message["content"] == "Hello world"
    discarded = next(event["data"]["discard_after"] for event in events if event["type"] == "node.restarted")
    restarted = next(event["seq"] for event in events if event["type"] == "node.restarted")
    after = [event for event in events if event["seq"] > restarted]
    assert "".join(e["data"]["text"] for e in after if e["type"] == "answer.delta") == "Hello world"
    thought = "".join(e["data"]["text"] for e in after if e["type"] == "thinking" and e["data"]["kind"] == "reasoning")
    assert thought == "The user greets me. I greet back.\n"
    assert discarded < restarted


@pytest.mark.parametrize("model", ["error-as-event", "error-as-json", "only-a-tool-call", "nothing"])
async def test_a_run_without_a_real_answer_fails_in_words(client: httpx2.AsyncClient, model: str) -> None:
    async with QuirkyServer() as server:
        run, _, message = await asked_of(client, server, model)
    assert run["status"] == message["metadata"]["status"] == "failed"
    assert run["answer"] in (None, "Hello ")
    assert any(words in run["error"]["message"] for words in ("context is full", "not loaded", "tool", "without any"))
