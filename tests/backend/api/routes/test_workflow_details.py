"""Name, description and tags over REST; lists sorted and filtered; duplicates with their documents."""

from uuid import uuid4

import httpx2
import pytest

from tests.support import graphs, talk
from tests.support.talk import V1, Json


async def made(client: httpx2.AsyncClient, **body: object) -> Json:
    response = await client.post(f"{V1}/workflows", json={"name": "A", "configuration": graphs.echo()} | body)
    assert response.status_code == 201, response.text
    return response.json()


async def names(client: httpx2.AsyncClient, **query: object) -> list[str]:
    items = (await client.get(f"{V1}/workflows", params=query)).json()["items"]
    return [item["name"] for item in items]


async def test_what_is_left_out_of_a_change_stays(client: httpx2.AsyncClient) -> None:
    workflow = await made(client, name="Old", description="Words", tags=["b", "a"])
    assert workflow["tags"] == ["a", "b"]
    address = f"{V1}/workflows/{workflow['id']}"
    renamed = (await client.patch(address, json={"name": "New"})).json()
    assert (renamed["name"], renamed["description"], renamed["tags"]) == ("New", "Words", ["a", "b"])
    assert (renamed["version"], renamed["configuration"]) == (2, workflow["configuration"])
    tagged = (await client.patch(address, json={"tags": ["c"]})).json()
    assert (tagged["tags"], tagged["version"]) == (["c"], 2)
    saved = await client.put(address, json={"name": "New", "configuration": graphs.echo()})
    assert saved.json()["tags"] == ["c"]


@pytest.mark.parametrize("body", [{"name": ""}, {"name": "x" * 201}, {"tags": ["a,b"]}, {"unknown": 1}])
async def test_a_change_that_cannot_be_made_changes_nothing(client: httpx2.AsyncClient, body: Json) -> None:
    workflow = await made(client, tags=["kept"])
    refused = await client.patch(f"{V1}/workflows/{workflow['id']}", json=body)
    assert refused.status_code == 422
    assert (await client.get(f"{V1}/workflows/{workflow['id']}")).json() == workflow
    assert (await client.patch(f"{V1}/workflows/{uuid4()}", json={"name": "A"})).status_code == 404


async def test_lists_are_sorted_and_filtered_by_tag(client: httpx2.AsyncClient) -> None:
    tag = f"t{uuid4().hex[:8]}"
    for name in ("banana", "Apple", "cherry"):
        await made(client, name=name, tags=[tag])
    await made(client, name="without")
    assert await names(client, tag=tag, sort="name") == ["Apple", "banana", "cherry"]
    assert await names(client, tag=tag, sort="-name") == ["cherry", "banana", "Apple"]
    assert await names(client, tag=tag, sort="created_at") == ["banana", "Apple", "cherry"]
    assert await names(client, tag=tag) == ["cherry", "Apple", "banana"]
    assert await names(client, tag=tag, q="AN") == ["banana"]
    assert (await client.get(f"{V1}/workflows", params={"sort": "size"})).status_code == 422
    counted = (await client.get(f"{V1}/workflows/tags", params={"limit": 500})).json()
    assert {"tag": tag, "count": 3} in counted["items"]


async def test_a_duplicate_has_the_documents_and_their_originals(client: httpx2.AsyncClient) -> None:
    graph = graphs.graph(
        [graphs.node("q", "query"), graphs.node("kb", "knowledge_base"), graphs.node("o", "output")],
        [graphs.edge("q", "text", "kb", "query"), graphs.edge("kb", "context", "o", "answer")],
    )
    source = await made(client, name="Animals", configuration=graph, tags=["zoo"])
    files = {"file": ("bees.txt", b"Bees dance.")}
    sent = await client.post(f"{V1}/workflows/{source['id']}/documents", files=files)
    document = sent.json()["items"][0]["id"]

    async def is_ready() -> bool:
        return (await client.get(f"{V1}/documents/{document}")).json()["status"] == "ready"

    await talk.until(is_ready, 60)
    answer = await client.post(f"{V1}/workflows/{source['id']}/duplicate", json={})
    assert answer.status_code == 201, answer.text
    copy = answer.json()
    assert (copy["name"], copy["tags"], copy["version"]) == ("Animals (copy)", ["zoo"], 1)
    assert copy["configuration"] == graph
    copied = (await client.get(f"{V1}/workflows/{copy['id']}/documents")).json()["items"]
    assert [(one["filename"], one["status"], one["chunks"]) for one in copied] == [("bees.txt", "ready", 1)]
    original = await client.get(f"{V1}/documents/{copied[0]['id']}/file")
    assert (original.content, original.headers["content-type"]) == (b"Bees dance.", "application/octet-stream")
    assert "bees.txt" in original.headers["content-disposition"]
    await client.delete(f"{V1}/workflows/{source['id']}")
    run = await talk.asked(client, copy["id"], "What do bees do?")
    assert "Bees dance." in run["answer"]


async def test_duplicating_without_documents_and_with_a_name(client: httpx2.AsyncClient) -> None:
    source = await made(client, name="x" * 200)
    assert (await client.post(f"{V1}/workflows/{source['id']}/duplicate", json={})).json()["name"].endswith("x (copy)")
    named = await client.post(f"{V1}/workflows/{source['id']}/duplicate", json={"name": "Mine"})
    assert (named.json()["name"], named.json()["knowledge_base_id"]) == ("Mine", None)
    assert (await client.post(f"{V1}/workflows/{uuid4()}/duplicate", json={})).status_code == 404


async def test_knowledge_bases_are_listed_by_whether_they_are_shared(client: httpx2.AsyncClient) -> None:
    shared = (await client.post(f"{V1}/knowledge-bases", json={"name": "Shared"})).json()
    workflow = await made(client, name="Owner")
    await client.post(f"{V1}/workflows/{workflow['id']}/documents", files={"file": ("a.txt", b"Words.")})
    await client.patch(f"{V1}/workflows/{workflow['id']}", json={"name": "Renamed owner"})

    async def listed(**query: object) -> dict[str, str]:
        found = await client.get(f"{V1}/knowledge-bases", params={"limit": 500, **query})
        return {item["id"]: item["name"] for item in found.json()["items"]}

    assert shared["id"] in await listed(shared=True)
    assert "Renamed owner" in (await listed(shared=False)).values()
    assert shared["id"] not in await listed(shared=False)
