"""What a canvas reads before it draws: node types, templates, providers, the description of the API."""

from typing import Any
from urllib.parse import unquote
from xml.etree import ElementTree

import httpx2
import pytest

from genai_stack.engine.events import EVENTS
from tests.support import talk
from tests.support.talk import V1

PORTS = {
    "query": ([], [("text", ["text"])]),
    "knowledge_base": ([("query", ["text"])], [("context", ["documents"])]),
    "llm": ([("prompt", ["text"]), ("context", ["documents"])], [("answer", ["text"])]),
    "output": ([("answer", ["text", "documents"])], []),
}
CONFIGS = {
    "query": {"examples"},
    "knowledge_base": {"knowledge_base_id", "top_k", "min_score"},
    "llm": {
        "provider", "model", "credential_id", "base_url", "system_prompt", "temperature", "max_tokens", "history",
        "reasoning",
    },
    "output": {"show_sources"},
}  # fmt: skip


async def test_node_types_are_those_of_the_contract(client: httpx2.AsyncClient) -> None:
    listed = (await client.get(f"{V1}/node-types")).json()
    found = {node_type["type"]: node_type for node_type in listed["items"]}
    assert set(found) >= set(PORTS)
    for name, (inputs, outputs) in PORTS.items():
        node_type = found[name]
        assert [(port["name"], port["types"]) for port in node_type["inputs"]] == inputs
        assert [(port["name"], port["types"]) for port in node_type["outputs"]] == outputs
        assert set(node_type["config_schema"]["properties"]) == CONFIGS[name]
        assert all(node_type[field] for field in ("title", "description", "category", "icon"))
    context = found["llm"]["inputs"][1]
    assert (context["required"], context["multiple"]) == (False, True)
    assert found["llm"]["outputs"][0]["streamed"]
    kb = found["knowledge_base"]["config_schema"]["properties"]
    assert (kb["top_k"]["default"], kb["min_score"]["default"], kb["knowledge_base_id"]["default"]) == (4, 0.0, None)


async def test_lists_are_pages(client: httpx2.AsyncClient) -> None:
    for path in ("node-types", "templates", "providers", "credentials", "workflows", "knowledge-bases"):
        page = (await client.get(f"{V1}/{path}", params={"skip": 1, "limit": 1})).json()
        assert {"items", "total", "skip", "limit"} <= set(page)
        assert (page["skip"], page["limit"]) == (1, 1)
        assert len(page["items"]) <= 1


async def test_templates_can_be_saved_and_run_as_they_are(client: httpx2.AsyncClient) -> None:
    templates = (await client.get(f"{V1}/templates")).json()["items"]
    assert len(templates) >= 2
    for template in templates:
        assert template["promise"]
        assert template["picture"].startswith("data:image/svg+xml,")
        assert ElementTree.fromstring(unquote(template["picture"].partition(",")[2])).tag.endswith("svg")
        made = await client.post(
            f"{V1}/workflows", json={"name": template["name"], "configuration": template["configuration"]}
        )
        assert made.json()["problems"] == []
        assert (await talk.asked(client, made.json()["id"], "What is it?"))["status"] == "succeeded"


async def test_providers_say_what_they_need(client: httpx2.AsyncClient) -> None:
    providers = {one["id"]: one for one in (await client.get(f"{V1}/providers")).json()["items"]}
    assert {name for name, one in providers.items() if one["chat"]} == {
        "openai", "gemini", "anthropic", "openai_compatible", "offline",
    }  # fmt: skip
    assert {name for name, one in providers.items() if one["needs_key"]} == {"openai", "gemini", "anthropic"}
    assert providers["openai_compatible"]["needs_base_url"]


@pytest.fixture
async def described(client: httpx2.AsyncClient) -> dict[str, Any]:
    return (await client.get(f"{V1}/openapi.json")).json()


def references(thing: object) -> set[str]:
    if isinstance(thing, dict):
        own = {thing["$ref"]} if isinstance(thing.get("$ref"), str) else set()
        return own.union(*(references(part) for part in thing.values()))
    return set().union(*(references(part) for part in thing)) if isinstance(thing, list) else set()


async def test_the_description_is_whole(described: dict[str, Any]) -> None:
    from jsonschema import Draft202012Validator

    schemas = described["components"]["schemas"]
    for reference in references(described):
        assert reference.startswith("#/components/schemas/")
        assert reference.rpartition("/")[2] in schemas, reference
    for schema in schemas.values():
        Draft202012Validator.check_schema(schema)
    operations = [one["operationId"] for methods in described["paths"].values() for one in methods.values()]
    assert len(operations) == len(set(operations))


async def test_every_event_is_described_and_the_log_fits_it(
    described: dict[str, Any], client: httpx2.AsyncClient
) -> None:
    from jsonschema import Draft202012Validator

    union = described["components"]["schemas"]["Event"]
    assert set(union["discriminator"]["mapping"]) == {data.event for data in EVENTS}
    fits = Draft202012Validator({"$ref": "#/components/schemas/Event", "components": described["components"]})
    template = (await client.get(f"{V1}/templates")).json()["items"][0]
    workflow = await talk.saved(client, template["configuration"])
    session = await talk.session_of(client, workflow)
    run = await talk.begun(client, workflow, "What is it?", session_id=session)
    await talk.ended(client, run)
    for event in await talk.events_of(client, run):
        fits.validate(event)


async def test_the_process_tells_how_it_is(client: httpx2.AsyncClient) -> None:
    assert (await client.get("/healthz")).json() == {"status": "ok"}
    ready = await client.get("/readyz")
    assert (ready.status_code, ready.json()["ready"]) == (200, True)
    assert "database" in {part["name"] for part in ready.json()["parts"]}
