"""Knowledge bases over HTTP."""

from typing import Any
from uuid import uuid4

import httpx2
import pytest

from tests.support.files import taken_in

API = "/api/v1/knowledge-bases"
OTTERS = b"# Otters\n\nOtters sleep holding hands."
BADGERS = b"# Badgers\n\nBadgers dig setts with many rooms."


async def made(client: httpx2.AsyncClient, **body: Any) -> dict[str, Any]:
    answer = await client.post(API, json={"name": "Papers", **body})
    assert answer.status_code == 201, answer.text
    return answer.json()


async def test_one_is_made_changed_and_deleted(client: httpx2.AsyncClient) -> None:
    base = await made(client, chunk_size=100)
    assert base["embedder"] == {"provider": "local", "model": None, "credential_id": None, "base_url": None}
    assert (base["chunk_size"], base["workflow_id"], base["fingerprint"]) == (100, None, None)
    path = f"{API}/{base['id']}"
    changed = (await client.put(path, json={"name": "Renamed"})).json()
    assert (changed["name"], changed["chunk_size"]) == ("Renamed", 100)
    assert (await client.get(path)).json() == changed
    assert base["id"] in [item["id"] for item in (await client.get(API, params={"limit": 500})).json()["items"]]
    assert (await client.delete(path)).status_code == 204
    assert (await client.get(path)).status_code == 404


async def test_the_embedder_of_one_with_documents_is_fixed(client: httpx2.AsyncClient) -> None:
    base = await made(client)
    await taken_in(client, f"{API}/{base['id']}/documents", ("otters.md", OTTERS))
    remote = {"provider": "openai_compatible", "model": "m", "base_url": "http://127.0.0.1:9/v1"}
    answer = await client.put(f"{API}/{base['id']}", json={"embedder": remote})
    assert (answer.status_code, answer.json()["code"]) == (409, "EMBEDDER_FIXED")
    kept = (await client.get(f"{API}/{base['id']}")).json()
    assert (kept["embedder"]["provider"], kept["dimensions"]) == ("local", 384)


async def test_search_filters_and_scores(client: httpx2.AsyncClient) -> None:
    base = await made(client)
    path = f"{API}/{base['id']}"
    assert (await client.post(f"{path}/search", json={"query": "otters"})).json() == {
        "items": [], "total": 0, "skip": 0, "limit": 4,
    }  # fmt: skip
    otters, badgers = await taken_in(client, f"{path}/documents", ("otters.md", OTTERS), ("badgers.md", BADGERS))

    async def found(**body: Any) -> list[str]:
        answer = await client.post(f"{path}/search", json={"query": "How do otters sleep?", **body})
        assert answer.status_code == 200, answer.text
        return [item["document_id"] for item in answer.json()["items"]]

    assert await found() == [otters["id"], badgers["id"]]
    assert await found(top_k=1) == [otters["id"]]
    assert await found(document_ids=[badgers["id"]]) == [badgers["id"]]
    assert await found(filter={"title": "Badgers"}) == [badgers["id"]]
    assert await found(filter={"title": "Foxes"}) == []


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"query": ""}, 422),
        ({"query": "q", "top_k": 0}, 422),
        ({"query": "q", "top_k": 51}, 422),
        ({"query": "q", "unknown": 1}, 422),
        ({"query": "q", "document_ids": ["no"]}, 422),
        ({"query": "q", "document_ids": [str(uuid4())]}, 404),
        ({"query": "q", "filter": {"a": None}}, 422),
        ({"query": "q", "filter": {"a": [1]}}, 422),
        ({"query": "q", "filter": {'a"b': "c"}}, 422),
    ],
)
async def test_a_search_that_makes_no_sense_is_refused(
    client: httpx2.AsyncClient, body: dict[str, Any], status: int
) -> None:
    base = await made(client)
    answer = await client.post(f"{API}/{base['id']}/search", json=body)
    assert answer.status_code == status, answer.text


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"name": ""}, 422),
        ({"name": "a", "chunk_size": 5}, 422),
        ({"name": "a", "chunk_overlap": 1000}, 422),
        ({"name": "a", "embedder": {"provider": "nobody"}}, 422),
        ({"name": "a", "embedder": {"provider": "openai", "model": "m"}}, 422),
        ({"name": "a", "embedder": {"provider": "openai", "model": "m", "credential_id": str(uuid4())}}, 404),
        ({"name": "a", "unknown": 1}, 422),
    ],
)
async def test_a_base_that_cannot_work_is_refused(
    client: httpx2.AsyncClient, body: dict[str, Any], status: int
) -> None:
    answer = await client.post(API, json=body)
    assert answer.status_code == status, answer.text


async def test_an_embedder_that_is_away_fails_the_document_with_its_reason(client: httpx2.AsyncClient) -> None:
    remote = {"provider": "openai_compatible", "model": "m", "base_url": "http://127.0.0.1:9/v1"}
    base = await made(client, embedder=remote)
    [document] = await taken_in(client, f"{API}/{base['id']}/documents", ("otters.md", OTTERS))
    assert document["status"] == "failed"
    assert "does not accept connections" in document["error"]
