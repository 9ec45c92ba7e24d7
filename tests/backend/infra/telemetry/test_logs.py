"""What the process logs: JSON for programs, lines for people, and no secret in either."""

import json
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import httpx2
import pytest
from cryptography.fernet import Fernet
from websockets.exceptions import InvalidStatus

from tests.fakes.model_server import BAD_KEY
from tests.fakes.openai_server import OpenAIServer
from tests.support import graphs, talk
from tests.support.server import Server
from tests.support.talk import V1

TOKEN = "correct-horse-battery-staple"
WRONG_TOKEN = "a-stranger-s-own-word"
CREDENTIAL = "the-key-of-a-person-1234567890"
PASSWORD = "a-pass:word"


def logged(code: str, form: str = "json", level: str = "info") -> str:
    """What a process says that logs like this."""
    begun = (
        "import asyncio, logging, warnings, structlog\n"
        "from genai_stack.infra.telemetry import logs\n"
        f"logs.configure({level!r}, {form!r}, secrets=['{TOKEN}'])\nlog = structlog.get_logger('test')\n"
    )
    done = subprocess.run([sys.executable, "-c", begun + code], capture_output=True, text=True, check=True)
    if form == "json":
        assert done.stderr == ""
    return done.stdout + done.stderr


def lines(said: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in said.splitlines()]


def test_every_line_is_a_json_object_whoever_logs_it() -> None:
    found = lines(
        logged(
            "log.info('one', count=1, more={'a': [1, None]})\n"
            "logging.getLogger('uvicorn.error').warning('two %s', 2)\n"
            "logging.getLogger('procrastinate.worker').error('three')\n"
            "warnings.warn('four')\n"
            "try:\n    raise ValueError('a text \\n with lines')\n"
            "except ValueError:\n    log.exception('five')\n    logging.getLogger('asyncio').exception('six')\n"
            "log.warning('seven \\ud800 \\u2028', thing=object())\n"
        )
    )
    assert [line["event"].split()[0] for line in found] == [
        "one",
        "two",
        "three",
        "<string>:8:",
        "five",
        "six",
        "seven",
    ]
    assert all({"level", "timestamp"} <= set(line) for line in found)
    assert found[0]["more"] == {"a": [1, None]}
    assert (found[1]["logger"], found[1]["level"]) == ("uvicorn.error", "warning")
    assert all("ValueError: a text" in line["exception"] for line in found[4:6])


def test_libraries_tell_little_unless_they_are_asked() -> None:
    code = "logging.getLogger('alembic').info('a'); logging.getLogger('procrastinate').info('b'); log.debug('c')"
    assert lines(logged(code)) == []
    assert [line["event"] for line in lines(logged(code, level="debug"))] == ["a", "b", "c"]


def test_lines_name_what_they_are_about_and_not_what_others_were() -> None:
    found = lines(
        logged(
            "async def work():\n"
            "    with logs.about(run_id='r', workspace_id='w'):\n"
            "        log.info('within'); logging.getLogger('aiohttp').error('within too')\n"
            "    log.info('after')\n"
            "async def ask():\n"
            "    with logs.about(request_id='q'):\n"
            "        logs.also_about(workspace_id='v')\n"
            "        await asyncio.ensure_future(work())\n"
            "        log.info('answered')\n"
            "    log.info('over')\n"
            "asyncio.run(ask())\n"
        )
    )
    about = [{key: line[key] for key in line if key.endswith("_id")} for line in found]
    within, asked = {"run_id": "r", "workspace_id": "w"}, {"request_id": "q", "workspace_id": "v"}
    assert about == [within, within, asked, asked, {}]


@pytest.mark.parametrize("form", ["json", "text"])
def test_no_line_shows_a_secret_whoever_logs_it(form: str) -> None:
    said = logged(
        f"log.info('it is {TOKEN}', headers={{'Authorization': '{CREDENTIAL}'}})\n"
        f"logging.getLogger('httpx').warning('GET https://u:{PASSWORD}@h/?api_key={CREDENTIAL}')\n"
        f"logging.getLogger('x').error('%s', {{'token': '{CREDENTIAL}', 'x': '{TOKEN}'}})\n"
        f"try:\n    raise ValueError('bearer {CREDENTIAL}, and {TOKEN}')\n"
        "except ValueError:\n    log.exception('crashed'); logging.getLogger('asyncio').exception('too')\n",
        form,
    )
    assert said.count("[redacted]") >= 8
    for secret in (TOKEN, CREDENTIAL, PASSWORD):
        assert secret not in said


def test_lines_for_people_are_as_they_were() -> None:
    said = logged("log.info('serving', address='http://127.0.0.1:1'); logging.getLogger('x').error('hm')", "text")
    assert "[info     ] serving" in said
    assert "address=http://127.0.0.1:1" in said
    assert "ERROR x: hm" in said


@pytest.mark.parametrize("form", ["json", "text"])
async def test_a_server_that_meets_every_kind_of_error_logs_no_secret(
    form: str, new_server: Callable[..., Server], model: OpenAIServer
) -> None:
    key = Fernet.generate_key().decode()
    server = new_server(token=TOKEN, secret_key=key, log_format=form, log_level="debug").start()
    async with server.client() as client:
        refused = [await _refused_run(client, model, secret) for secret in (BAD_KEY, CREDENTIAL)]
        crashed = await _crashed_run(client, server)
        request = await _crashed_request(client, server)
    await _strangers(server)
    assert server.terminate() == 0
    said = server.log()
    assert "run.failed" in said
    assert said.count("JSONDecodeError") >= 2  # crashes are told, with their tracebacks
    for secret in (TOKEN, WRONG_TOKEN, CREDENTIAL, BAD_KEY, key):
        assert secret not in said, secret
    if form == "json":
        _check_ids(lines(said), refused, crashed, request)


async def _refused_run(client: httpx2.AsyncClient, model: OpenAIServer, secret: str) -> str:
    """A run whose key the model's server refuses; some keys it repeats as it does so."""
    key = {"provider": "openai_compatible", "name": "Mine", "secret": secret, "base_url": model.base_url}
    credential = (await client.post(f"{V1}/credentials", json=key)).json()["id"]
    workflow = await talk.saved(client, graphs.asked(model.base_url, credential_id=credential))
    run = await talk.asked(client, workflow, "FAIL401")
    assert run["error"]["code"] == "PROVIDER_REFUSED"
    return run["id"]


async def _crashed_run(client: httpx2.AsyncClient, server: Server) -> str:
    """A run with a node that meets what nobody foresaw: a row that is no JSON."""
    base = (await client.post(f"{V1}/knowledge-bases", json={"name": "Broken"})).json()["id"]
    nodes = [graphs.node("q", "query"), graphs.node("k", "knowledge_base", knowledge_base_id=base)]
    edges = [graphs.edge("q", "text", "k", "query"), graphs.edge("k", "context", "o", "answer")]
    workflow = await talk.saved(client, graphs.graph([*nodes, graphs.node("o", "output")], edges))
    with sqlite3.connect(server.data / "genai-stack.db") as database:
        database.execute("UPDATE knowledge_bases SET embedder = ? WHERE id = ?", (f'"token={CREDENTIAL}', base))
    run = await talk.asked(client, workflow)
    assert run["error"]["code"] == "NODE_CRASHED"
    return run["id"]


async def _crashed_request(client: httpx2.AsyncClient, server: Server) -> str:
    workflow = await talk.saved(client, graphs.echo())
    with sqlite3.connect(server.data / "genai-stack.db") as database:
        database.execute("UPDATE workflows SET configuration = ? WHERE id = ?", (f'"token={CREDENTIAL}', workflow))
    answer = await client.get(f"{V1}/workflows/{workflow}")
    assert answer.status_code == 500
    return answer.headers["x-request-id"]


async def _strangers(server: Server) -> None:
    async with httpx2.AsyncClient(base_url=server.url) as stranger:
        shown = {"authorization": f"Bearer {WRONG_TOKEN}", "cookie": f"token={WRONG_TOKEN}"}
        answer = await stranger.get(f"{V1}/workflows", headers=shown, params={"token": WRONG_TOKEN})
        assert answer.status_code == 401
    with pytest.raises(InvalidStatus):
        await server.socket(f"/runs/{'0' * 8}/events", subprotocols=["genai-stack", f"bearer.{WRONG_TOKEN}"])


def _check_ids(found: list[dict[str, Any]], refused: list[str], crashed: str, request: str) -> None:
    failed = {line["run_id"]: line for line in found if line["event"] == "run.failed"}
    assert set(failed) == {*refused, crashed}
    assert all(line["workspace_id"] for line in failed.values())
    (node,) = [line for line in found if line["event"] == "node.crashed"]
    assert (node["run_id"], node["node_id"]) == (crashed, "k")
    (asked,) = [line for line in found if line["event"] == "request.crashed"]
    assert (asked["request_id"], "run_id" in asked) == (request, False)
    assert asked["workspace_id"] == node["workspace_id"]
