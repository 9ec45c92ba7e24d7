"""Broken model servers, through the whole stack: their own run fails, plainly, and nothing else."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator

import httpx2
import psutil
import pytest

from tests.fakes.openai_server import OpenAIServer
from tests.support import graphs, talk
from tests.support.server import Server
from tests.support.talk import V1

pytestmark = pytest.mark.fault

SECRET = "sk-the-key-of-this-fault-test-1234"
PATIENCE = {"first_token_seconds": 1, "between_tokens_seconds": 1, "total_seconds": 8, "connect_seconds": 2}


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def impatient(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    settings: dict[str, object] = dict(PATIENCE)
    if request.param == "postgresql":
        settings["database_url"] = request.getfixturevalue("postgres").migrated()
    server = Server(tmp_path_factory.mktemp("impatient"), **settings)
    try:
        yield server.start()
        assert SECRET not in server.log()
    finally:
        server.stop()


@pytest.fixture
async def client(impatient: Server) -> AsyncIterator[httpx2.AsyncClient]:
    async with impatient.client() as opened:
        yield opened


@pytest.fixture
async def workflow(client: httpx2.AsyncClient, model: OpenAIServer) -> str:
    key = {"provider": "openai_compatible", "name": "Mine", "secret": SECRET, "base_url": model.base_url}
    credential = (await client.post(f"{V1}/credentials", json=key)).json()["id"]
    return await talk.saved(client, graphs.asked(model.base_url, credential_id=credential))


@pytest.mark.parametrize(
    ("word", "code", "attempts", "said"),
    [
        ("HANG", "PROVIDER_TOO_SLOW", 3, None),
        ("HANGMID", "PROVIDER_TOO_SLOW", 1, "tok0 tok1 "),
        ("DROP", "PROVIDER_UNREACHABLE", 1, "tok0 tok1 "),
        ("NOANSWER", "PROVIDER_UNREACHABLE", 3, None),
        ("FAIL429", "PROVIDER_BUSY", 3, None),
        ("FAIL500", None, 3, None),
        ("FAIL401", "PROVIDER_REFUSED", 1, None),
        ("FAIL400", "PROVIDER_REFUSED", 1, None),
        ("HTML", "PROVIDER_BROKEN", 1, None),
        ("GARBAGE", "PROVIDER_BROKEN", 1, None),
        ("ERRORMID", None, 1, "tok0 tok1 "),
        ("EMPTY", "PROVIDER_BROKEN", 1, None),
        ("REDIRECT", None, 1, None),
    ],
)
async def test_a_broken_server_fails_its_own_run_with_a_plain_sentence(
    client: httpx2.AsyncClient, workflow: str, model: OpenAIServer, word: str, code: str | None, attempts: int,
    said: str | None,
) -> None:  # fmt: skip
    run = await talk.asked(client, workflow, f"{word} please")
    assert (run["status"], run["answer"]) == ("failed", said)
    assert run["error"]["code"] == (code or run["error"]["code"])
    assert run["error"]["code"] not in ("INTERNAL", "NODE_CRASHED", "RUN_CRASHED")
    assert run["error"]["node_id"] == "llm"
    assert run["error"]["message"].startswith("“llm” failed: ")
    assert model.chats == attempts
    events = await talk.events_of(client, run["id"])
    assert talk.types(events)[-1] == "run.finished"
    assert "node.failed" in talk.types(events)
    assert "node.skipped" in talk.types(events)
    for text in (json.dumps(run), json.dumps(events)):
        assert SECRET not in text
        assert "Traceback" not in text
    assert (await talk.asked(client, workflow, "again"))["status"] == "succeeded"


@pytest.mark.parametrize("word", ["FAIL500x2", "FAIL429x1", "NOANSWERx2", "FAIL503x2"])
async def test_what_may_succeed_later_is_tried_again(client: httpx2.AsyncClient, workflow: str, word: str) -> None:
    run = await talk.asked(client, workflow, word)
    assert (run["status"], run["answer"]) == ("succeeded", "tok0 tok1 tok2 tok3 tok4 ")
    thought = [event["data"] for event in await talk.events_of(client, run["id"]) if event["type"] == "thinking"]
    assert any("Trying again" in one["text"] for one in thought if one["kind"] == "status")


async def test_what_no_database_keeps_becomes_a_replacement_character(
    client: httpx2.AsyncClient, workflow: str
) -> None:
    session = await talk.session_of(client, workflow)
    run = await talk.asked(client, workflow, "SURROGATE", session_id=session)
    assert (run["status"], run["answer"]) == ("succeeded", "a\ufffdbc\ufffdd")
    stored = (await client.get(f"{V1}/sessions/{session}/messages")).json()["items"]
    assert stored[1]["content"] == run["answer"]


async def test_a_server_that_is_not_there_is_told(client: httpx2.AsyncClient) -> None:
    run = await talk.asked(client, await talk.saved(client, graphs.asked("http://127.0.0.1:9/v1")))
    assert (run["status"], run["error"]["code"]) == ("failed", "PROVIDER_UNREACHABLE")


async def test_an_endless_line_costs_little_memory(
    impatient: Server, client: httpx2.AsyncClient, workflow: str, model: OpenAIServer
) -> None:
    before = psutil.Process(impatient.pid).memory_info().rss
    runs = await asyncio.gather(*(talk.asked(client, workflow, "HUGELINE") for _ in range(4)))
    assert {run["status"] for run in runs} == {"failed"}
    assert psutil.Process(impatient.pid).memory_info().rss - before < 100 * 2**20


async def test_others_are_answered_while_some_hang(client: httpx2.AsyncClient, workflow: str) -> None:
    hanging = [await talk.begun(client, workflow, "HANGMID") for _ in range(20)]
    runs = await asyncio.gather(*(talk.asked(client, workflow, "Hi") for _ in range(20)))
    assert {run["status"] for run in runs} == {"succeeded"}
    for run in hanging:
        assert (await talk.ended(client, run))["status"] == "failed"
