"""Keys: stored encrypted, never sent back, used by id."""

import json
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import httpx2
import pytest

from tests.fakes.openai_server import OpenAIServer
from tests.support import graphs, talk
from tests.support.server import Server
from tests.support.talk import V1

SECRET = "sk-the-secret-of-this-test-9876"


def key(**change: str) -> dict[str, str]:
    """Of a server that nobody answers at, unless `change` says otherwise."""
    address = {} if "provider" in change else {"base_url": "http://127.0.0.1:9/v1"}
    return {"provider": "openai_compatible", "name": "Mine", "secret": SECRET} | address | change


async def stored(client: httpx2.AsyncClient, **change: str) -> talk.Json:
    made = await client.post(f"{V1}/credentials", json=key(**change))
    assert made.status_code == 201, made.text
    return made.json()


async def test_a_key_comes_in_and_never_goes_out(client: httpx2.AsyncClient) -> None:
    made = await stored(client)
    assert set(made) == {"id", "provider", "name", "base_url", "last4", "created_at"}
    assert (made["provider"], made["name"], made["last4"]) == ("openai_compatible", "Mine", "9876")
    listed = await client.get(f"{V1}/credentials", params={"limit": 500})
    assert made in listed.json()["items"]
    assert SECRET not in listed.text
    changed = await client.put(
        f"{V1}/credentials/{made['id']}", json=key(name="Yours", secret="sk-another-secret-5432")
    )
    assert (changed.status_code, changed.json()["name"], changed.json()["last4"]) == (200, "Yours", "5432")
    assert changed.json()["id"] == made["id"]
    assert (await client.delete(f"{V1}/credentials/{made['id']}")).status_code == 204
    for method, path in (("PUT", ""), ("DELETE", ""), ("POST", "/test"), ("GET", "/models")):
        body = {"json": key()} if method == "PUT" else {}
        assert (await client.request(method, f"{V1}/credentials/{made['id']}{path}", **body)).status_code == 404


@pytest.mark.parametrize("short", ["a", "abcd", "sk-12345678"])
async def test_of_a_short_key_nothing_is_shown(client: httpx2.AsyncClient, short: str) -> None:
    assert not set((await stored(client, secret=short))["last4"]) & set(short)


async def test_keys_that_nobody_needs_are_refused_and_not_repeated(client: httpx2.AsyncClient) -> None:
    for wrong in ({"provider": "offline"}, {"provider": "nobody"}, {"secret": ""}, {"secret": SECRET * 1000},
                  {"name": ""}, {"more": "x"}, {"secret": SECRET + "\x00"}):  # fmt: skip
        refused = await client.post(f"{V1}/credentials", json=key(**wrong))
        assert refused.status_code == 422, wrong
        assert SECRET not in refused.text


async def test_a_key_is_used_and_is_nowhere(new_server: Callable[..., Server], model: OpenAIServer) -> None:
    server = new_server(log_level="debug").start()
    said: list[str] = []
    async with server.client() as client:
        credential = await stored(client, base_url=model.base_url)
        workflow = await talk.saved(client, graphs.asked(model.base_url, credential_id=credential["id"]))
        for query in ("Hi", "FAIL401", "FAIL500", "HTML", "GARBAGE", "DROP", "REDIRECT"):
            run = await talk.asked(client, workflow, query)
            assert model.last_headers["authorization"] == f"Bearer {SECRET}"
            said += [json.dumps(run), json.dumps(await talk.events_of(client, run["id"]))]
        for path in (f"credentials/{credential['id']}/models", "credentials", f"workflows/{workflow}"):
            said.append((await client.get(f"{V1}/{path}")).text)
        tested = await client.post(f"{V1}/credentials/{credential['id']}/test")
        said.append(tested.text)
    server.terminate()
    assert SECRET not in server.log()
    assert not [text for text in said if SECRET in text]
    for file in server.data.rglob("*"):
        assert not file.is_file() or SECRET.encode() not in file.read_bytes(), file


async def test_a_key_that_is_refused_is_not_repeated(client: httpx2.AsyncClient, model: OpenAIServer) -> None:
    """The fake repeats the key in its refusal, as some providers do."""
    credential = await stored(client, secret="bad-key", base_url=model.base_url)
    workflow = await talk.saved(client, graphs.asked(model.base_url, credential_id=credential["id"]))
    run = await talk.asked(client, workflow)
    assert (run["status"], run["error"]["code"]) == ("failed", "PROVIDER_REFUSED")
    assert "bad-key" not in json.dumps(run)
    assert "bad-key" not in json.dumps(await talk.events_of(client, run["id"]))
    tested = await client.post(f"{V1}/credentials/{credential['id']}/test")
    assert tested.json()["ok"] is False
    assert "bad-key" not in tested.text
    models = await client.get(f"{V1}/credentials/{credential['id']}/models")
    assert (models.status_code, models.json()["code"]) == (422, "PROVIDER_REFUSED")


async def test_models_of_a_key_are_asked_of_its_provider(client: httpx2.AsyncClient, model: OpenAIServer) -> None:
    credential = await stored(client, base_url=model.base_url)
    address = f"{V1}/credentials/{credential['id']}"
    listed = (await client.get(f"{address}/models")).json()
    assert listed["total"] == 2
    assert [card["id"] for card in listed["items"]] == ["fake", "fake-old"]
    assert listed["items"][1]["ends_at"].startswith("2027-01-31")
    tested = await client.post(f"{address}/test")
    assert (tested.status_code, tested.json()["ok"]) == (200, True)
    nobody = await client.get(f"{V1}/credentials/{(await stored(client))['id']}/models")
    assert (nobody.status_code, nobody.json()["code"]) == (502, "PROVIDER_UNREACHABLE")


async def test_a_workflow_that_names_a_missing_or_foreign_key_says_so(client: httpx2.AsyncClient) -> None:
    credential = await stored(client, provider="gemini")
    for provider, chosen in (("openai", None), ("gemini", str(uuid4())), ("anthropic", credential["id"])):
        drawn = graphs.graph([graphs.node("l", "llm", provider=provider, model="m", credential_id=chosen)], [])
        found = (await client.post(f"{V1}/workflows/validate", json={"configuration": drawn})).json()["problems"]
        assert [p["field"] for p in found if p["code"] == "missing_credential"] == ["credential_id"], provider


async def test_a_key_that_is_removed_later_fails_the_run_with_a_sentence(
    client: httpx2.AsyncClient, model: OpenAIServer
) -> None:
    credential = await stored(client, base_url=model.base_url)
    workflow = await talk.saved(client, graphs.asked(model.base_url, credential_id=credential["id"]))
    session = await talk.session_of(client, workflow)
    first = await talk.begun(client, workflow, "HANG", session_id=session)
    second = await talk.begun(client, workflow, "Hi", session_id=session)
    await talk.until(lambda: model.open == 1)
    await client.delete(f"{V1}/credentials/{credential['id']}")
    await client.post(f"{V1}/runs/{first}/cancel")
    ended = await talk.ended(client, second)
    assert ended["status"] == "failed"
    assert "key" in ended["error"]["message"]
    refused = await client.post(f"{V1}/workflows/{workflow}/runs", json={"query": "Hi"})
    assert [problem["code"] for problem in refused.json()["problems"]] == ["missing_credential"]


async def test_another_secret_key_cannot_read_what_is_stored(
    new_server: Callable[..., Server], model: OpenAIServer, tmp_path: Path
) -> None:
    server = new_server().start()
    async with server.client() as client:
        credential = await stored(client, base_url=model.base_url)
        workflow = await talk.saved(client, graphs.asked(model.base_url, credential_id=credential["id"]))
    server.kill()
    (server.data / "secret.key").unlink()
    server.start()
    async with server.client() as client:
        run = await talk.asked(client, workflow)
    assert (run["status"], run["error"]["code"]) == ("failed", "SECRET_UNREADABLE")


@pytest.mark.parametrize("provider", ["openai", "gemini", "anthropic"])
async def test_a_key_of_a_fixed_provider_takes_no_address(client: httpx2.AsyncClient, provider: str) -> None:
    refused = await client.post(f"{V1}/credentials", json=key(provider=provider, base_url="http://127.0.0.1:9/v1"))
    assert (refused.status_code, "fixed address" in refused.json()["detail"]) == (422, True)
    chosen = await stored(client, provider=provider)
    aimed = {"provider": provider, "model": "m", "credential_id": chosen["id"], "base_url": "http://127.0.0.1:9"}
    drawn = graphs.graph([graphs.node("l", "llm", **aimed)], [])
    found = (await client.post(f"{V1}/workflows/validate", json={"configuration": drawn})).json()["problems"]
    assert [p["field"] for p in found if p["code"] == "invalid_config"] == ["base_url"]
    if provider != "anthropic":
        base = {"name": "Aimed", "embedder": aimed}
        assert (await client.post(f"{V1}/knowledge-bases", json=base)).status_code == 422


async def test_a_compatible_key_needs_the_address_of_its_server(client: httpx2.AsyncClient) -> None:
    for wrong in ({"base_url": ""}, {"base_url": "example.com"}, {"base_url": "http://[::"}):
        refused = await client.post(f"{V1}/credentials", json=key(**wrong))
        assert (refused.status_code, "address" in refused.json()["detail"]) == (422, True), wrong


async def test_a_key_is_not_sent_to_another_origin(client: httpx2.AsyncClient, model: OpenAIServer) -> None:
    """Neither by a node, nor by a knowledge base, nor by a parameter of the routes that use a key."""
    credential = await stored(client)  # for port 9
    asked_before = model.requests
    workflow = await talk.saved(client, graphs.asked(model.base_url, credential_id=credential["id"]))
    refused = await client.post(f"{V1}/workflows/{workflow}/runs", json={"query": "Hi"})
    assert [problem["code"] for problem in refused.json()["problems"]] == ["missing_credential"]
    for method, path in (("POST", "test"), ("GET", "models")):
        address = f"{V1}/credentials/{credential['id']}/{path}"
        await client.request(method, address, params={"base_url": model.base_url})
    embedder = {"provider": "openai_compatible", "model": "fake", "base_url": model.base_url}
    base = {"name": "Aimed", "embedder": embedder | {"credential_id": credential["id"]}}
    made = (await client.post(f"{V1}/knowledge-bases", json=base)).json()["id"]
    await client.post(f"{V1}/knowledge-bases/{made}/documents", files=[("file", ("a.txt", b"Otters."))])

    async def failed() -> bool:
        listed = (await client.get(f"{V1}/knowledge-bases/{made}/documents")).json()["items"]
        return [document["status"] for document in listed] == ["failed"]

    await talk.until(failed)
    assert model.requests == asked_before
