"""Bad input gets a clear error, the same on every database, and never a 500."""

import json
from datetime import datetime
from typing import Any
from uuid import uuid4

import httpx2
import pytest

from tests.support import graphs, talk
from tests.support.talk import V1

JSON = {"content-type": "application/json"}


def is_problem(response: httpx2.Response, status: int, code: str | None = None) -> bool:
    body = response.json()
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    assert {"type", "title", "status", "detail", "code", "timestamp", "request_id"} <= set(body)
    assert body["status"] == status
    assert body["code"] == (code or body["code"]) == body["code"].upper()
    assert datetime.fromisoformat(body["timestamp"]).utcoffset() is not None
    assert body["request_id"] == response.headers["x-request-id"]
    assert len(body["detail"]) > 10
    return True


async def test_every_kind_of_error_is_a_problem(client: httpx2.AsyncClient) -> None:
    nobody = uuid4()
    assert is_problem(await client.get(f"{V1}/nothing"), 404, "NOT_FOUND")
    assert is_problem(await client.get(f"{V1}/workflows/{nobody}"), 404, "NOT_FOUND")
    assert is_problem(await client.get("/api/v2/workflows"), 404)
    assert is_problem(await client.delete(f"{V1}/workflows"), 405, "METHOD_NOT_ALLOWED")
    assert is_problem(await client.post(f"{V1}/workflows", content=b"{", headers=JSON), 422, "INVALID_JSON")
    assert is_problem(await client.post(f"{V1}/workflows", content=b"", headers=JSON), 422, "INVALID_REQUEST")
    assert is_problem(await client.post(f"{V1}/workflows", json=[]), 422, "INVALID_REQUEST")
    assert is_problem(await client.get(f"{V1}/workflows/no-uuid"), 422, "INVALID_REQUEST")
    assert is_problem(await client.get(f"{V1}/workflows", headers={"host": "evil.example"}), 421)
    assert is_problem(await client.get(f"{V1}/workflows", headers={"origin": "http://evil.example"}), 403)


async def test_several_faults_are_told_at_once(client: httpx2.AsyncClient) -> None:
    refused = await client.post(f"{V1}/workflows", json={"name": "", "description": 1, "colour": "red"})
    assert is_problem(refused, 422, "INVALID_REQUEST")
    assert {problem["field"] for problem in refused.json()["problems"]} == {
        "name", "description", "colour", "configuration",
    }  # fmt: skip


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "text/json"]
)
async def test_each_route_takes_one_content_type(client: httpx2.AsyncClient, kind: str) -> None:
    body = json.dumps({"name": "A", "configuration": graphs.echo()})
    refused = await client.post(f"{V1}/workflows", content=body, headers={"content-type": kind})
    assert is_problem(refused, 415, "UNSUPPORTED_TYPE")
    taken = await client.post(
        f"{V1}/workflows", content=body, headers={"content-type": "application/vnd.x+json; charset=utf-8"}
    )
    assert taken.status_code == 201


async def test_a_content_type_without_a_body_is_no_error(client: httpx2.AsyncClient) -> None:
    assert (await client.get(f"{V1}/workflows", headers=JSON)).status_code == 200
    run = await talk.asked(client, await talk.saved(client, graphs.echo()))
    assert (await client.post(f"{V1}/runs/{run['id']}/cancel", headers=JSON)).status_code == 202
    workflow = run["workflow_id"]
    assert (await client.post(f"{V1}/workflows/{workflow}/validate", headers=JSON)).status_code == 200
    assert (await client.post(f"{V1}/workflows/{workflow}/sessions", headers=JSON)).status_code == 201
    assert (await client.delete(f"{V1}/workflows/{workflow}", headers=JSON)).status_code == 204


@pytest.mark.parametrize("kind", ["application/json", "text/plain"])
async def test_a_body_that_is_too_large_is_refused(client: httpx2.AsyncClient, kind: str) -> None:
    async def endless() -> Any:
        for _ in range(200):
            yield b" " * 65536

    try:
        refused = await client.post(f"{V1}/workflows", content=endless(), headers={"content-type": kind})
    except httpx2.WriteError:
        return  # refused while it was still being sent
    assert is_problem(refused, 413, "TOO_LARGE")


BODIES = {
    "NUL": b'{"name": "a\\u0000b", "configuration": %s}',
    "a lone surrogate": b'{"name": "a\\ud800b", "configuration": %s}',
    "a raw lone surrogate": b'{"name": "a\xed\xa0\x80b", "configuration": %s}',
    "a pair the wrong way round": b'{"name": "\\udc00\\ud800", "configuration": %s}',
    "bytes that are no UTF-8": b'{"name": "\xff\xfe\xfa", "configuration": %s}',
    "NUL in a name": b'{"name": "a", "\\u0000": 1, "configuration": %s}',
    "NaN": b'{"name": "a", "x": NaN, "configuration": %s}',
    "Infinity": b'{"name": "a", "x": -Infinity, "configuration": %s}',
    "a number beyond a double": b'{"name": "a", "x": 1e400, "configuration": %s}',
    "a huge whole number": b'{"name": "a", "x": 9223372036854775808, "configuration": %s}',
    "five thousand digits": b'{"name": "a", "x": ' + b"9" * 5000 + b', "configuration": %s}',
    "deep lists": b'{"name": "a", "x": ' + b"[" * 100_000 + b"]" * 100_000 + b', "configuration": %s}',
    "deep objects": b'{"name": "a", "x": ' + b'{"a":' * 70 + b"1" + b"}" * 70 + b', "configuration": %s}',
    "two values": b'{"name": "a", "configuration": %s} {}',
    "a trailing comma": b'{"name": "a", "configuration": %s,}',
    "no object": b'"text"',
    "null": b"null",
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
async def test_what_no_database_keeps_is_refused_alike(client: httpx2.AsyncClient, body: bytes) -> None:
    graph = json.dumps(graphs.echo()).encode()
    sent = body.replace(b"%s", graph)
    assert is_problem(await client.post(f"{V1}/workflows", content=sent, headers=JSON), 422)


@pytest.mark.parametrize(
    "value",
    [b'"\\u0000"', b'"\\udfff"', b"NaN", b"1e999", b"18446744073709551616", b'{"\\u0000": 1}', b'{"\\ud834": 1}'],
)
async def test_neither_is_it_kept_inside_a_graph(client: httpx2.AsyncClient, value: bytes) -> None:
    sent = b'{"name": "a", "configuration": {"nodes": [], "x": [{"y": %s}]}}' % value
    assert is_problem(await client.post(f"{V1}/workflows", content=sent, headers=JSON), 422)


async def test_text_in_addresses_is_checked_as_well(client: httpx2.AsyncClient) -> None:
    assert is_problem(await client.get(f"{V1}/workflows?q=%00"), 422)
    assert (await client.get(f"{V1}/workflows?q=%ED%A0%80%FF")).status_code == 200
    assert (await client.get(f"{V1}/workflows/%00")).status_code in (404, 422)


async def test_large_numbers_in_addresses_are_refused_or_not_found(client: httpx2.AsyncClient) -> None:
    described = (await client.get(f"{V1}/openapi.json")).json()
    workflow = await talk.saved(client, graphs.echo())
    run = (await talk.asked(client, workflow))["id"]
    session = await talk.session_of(client, workflow)
    known = {"workflow_id": workflow, "run_id": run, "session_id": session}
    for path, methods in described["paths"].items():
        for parameter in methods.get("get", {}).get("parameters", ()):
            if parameter["schema"].get("type") != "integer":
                continue
            for number in (-(10**30), -1, 2**31, 2**40, 2**63, 10**30):
                names = known | {parameter["name"]: number}
                address = path
                for name, value in names.items():
                    address = address.replace(f"{{{name}}}", str(value))
                for name in ("knowledge_base_id", "document_id", "credential_id"):
                    address = address.replace(f"{{{name}}}", str(uuid4()))
                asked = {parameter["name"]: number} if parameter["in"] == "query" else {}
                if "/events" in address and number in (2**40, 2**31) and asked == {"skip": number}:
                    continue
                answer = await client.get(address, params=asked, headers={"accept": "application/json"})
                assert answer.status_code in (200, 404, 422), (address, asked, answer.text)


async def test_unknown_fields_are_refused_by_every_request_with_a_body(client: httpx2.AsyncClient) -> None:
    described = (await client.get(f"{V1}/openapi.json")).json()
    workflow = await talk.saved(client, graphs.echo())
    session = await talk.session_of(client, workflow)
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            if "application/json" not in operation.get("requestBody", {}).get("content", {}):
                continue
            address = path.replace("{workflow_id}", workflow).replace("{session_id}", session)
            for name in ("knowledge_base_id", "document_id", "credential_id", "run_id"):
                address = address.replace(f"{{{name}}}", str(uuid4()))
            refused = await client.request(method, address, json={"no_such_field": 1})
            assert is_problem(refused, 422, "INVALID_REQUEST"), path
            fields = {problem["field"] for problem in refused.json().get("problems", ())}
            assert "no_such_field" in fields, (method, path, refused.text)


async def test_any_text_comes_back_unchanged_through_a_run(client: httpx2.AsyncClient) -> None:
    workflow = await talk.saved(client, graphs.echo())
    every = "".join(map(chr, [*range(1, 0xD800), *range(0xE000, 0x11000), *range(0x1F300, 0x1FAFF), 0x10FFFF]))
    for start in range(0, len(every), 9_000):
        text = every[start : start + 9_000]
        run = await talk.asked(client, workflow, text)
        assert run["answer"] == run["query"] == text
        async with client.stream("GET", f"{V1}/runs/{run['id']}/events") as response:
            events = [json.loads(frame["data"]) async for frame in talk.frames(response)]
        assert [event["data"]["text"] for event in events if event["type"] == "answer"] == [text]


async def test_a_crash_of_the_server_is_never_told_in_detail(client: httpx2.AsyncClient) -> None:
    for path in (f"{V1}/workflows/%2e%2e%2f", f"{V1}/%ff", f"{V1}/workflows/\u2028", f"{V1}//workflows"):
        assert (await client.get(path)).status_code < 500


async def test_hostile_headers_are_no_crash(client: httpx2.AsyncClient) -> None:
    for headers in (
        {"origin": "http://[::1"}, {"origin": "null"}, {"host": "[::1"}, {"host": ""}, {"authorization": "Bearer"},
        {"if-none-match": "\xff"}, {"last-event-id": "x"}, {"prefer": "wait=" + "9" * 500}, {"accept": "\xff/;q=x"},
        {"content-length": "0", "content-type": "application/json;" * 100}, {"x-request-id": "a" * 1000},
    ):  # fmt: skip
        raw = [(name.encode(), value.encode("latin1")) for name, value in headers.items()]
        answer = await client.get(f"{V1}/workflows", headers=raw)
        assert answer.status_code in (200, 403, 421, 422), (headers, answer.text)


async def test_the_request_id_of_a_client_is_kept(client: httpx2.AsyncClient) -> None:
    answer = await client.get(f"{V1}/workflows/{uuid4()}", headers={"x-request-id": "mine-1"})
    assert answer.headers["x-request-id"] == answer.json()["request_id"] == "mine-1"
