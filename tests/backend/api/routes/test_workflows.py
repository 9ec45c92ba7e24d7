"""Workflows over REST: saved leniently, found, versioned, removed."""

import asyncio
import json
from uuid import uuid4

import httpx2
import pytest

from tests.fakes.openai_server import OpenAIServer
from tests.support import graphs, talk
from tests.support.talk import V1, Json

STRANGE = (
    "line\u2028separator and \u2029",
    "\U0001f9d1\u200d\U0001f680 family \U0001f468\u200d\U0001f469\u200d\U0001f467",
    "e\u0301 and \u00e9 stay different",
    "\u202eright to left\u202c \u05d0\u05d1",
    "\x01\x02\x1f\x7f\x85 controls, \ufffe \uffff \U0010ffff non-characters, \ufeff BOM",
    "back\\slash \\u0041 \"quotes\" 'x' <b> & %s {} ; -- /* */",
)


async def post(client: httpx2.AsyncClient, **body: object) -> httpx2.Response:
    return await client.post(f"{V1}/workflows", json={"name": "A", "configuration": graphs.echo()} | body)


async def test_a_saved_workflow_is_answered_with_all_that_the_contract_names(client: httpx2.AsyncClient) -> None:
    made = await post(client, name="Mine", description="Words")
    assert made.status_code == 201
    workflow = made.json()
    assert (workflow["name"], workflow["description"], workflow["version"]) == ("Mine", "Words", 1)
    assert workflow["configuration"] == graphs.echo()
    assert workflow["problems"] == []
    assert workflow["knowledge_base_id"] is None
    assert made.headers["etag"] == '"1"'
    assert workflow["created_at"] == workflow["updated_at"]
    assert workflow["created_at"].endswith("Z")
    got = await client.get(f"{V1}/workflows/{workflow['id']}")
    assert (got.status_code, got.json(), got.headers["etag"]) == (200, workflow, '"1"')


async def test_half_built_work_is_saved_with_its_problems(client: httpx2.AsyncClient) -> None:
    half = graphs.graph([graphs.node("x", "no such type"), graphs.node("o", "output")], [])
    workflow = (await post(client, configuration=half)).json()
    assert {problem["code"] for problem in workflow["problems"]} >= {"unknown_node_type", "missing_input", "no_query"}
    for problem in workflow["problems"]:
        assert set(problem) == {"code", "severity", "message", "node_id", "edge_id", "field"}
    listed = (await client.get(f"{V1}/workflows", params={"limit": 1})).json()["items"][0]
    assert listed["id"] == workflow["id"]
    assert listed["error_count"] == sum(problem["severity"] == "error" for problem in workflow["problems"])
    assert listed["node_types"] == ["no such type", "output"]
    assert "configuration" not in listed


async def test_keys_of_clients_are_kept_as_they_came(client: httpx2.AsyncClient) -> None:
    drawn = graphs.echo()
    drawn["nodes"][0] |= {"width": 12.5, "selected": True, "measured": {"w": None}, "parentId": "group", "style": {}}
    drawn["nodes"][0]["data"]["note"] = ["a", {"b": [1, 2.5, -3, 1e-7, True, False, None]}]
    drawn["nodes"][0]["position"]["z"] = 7
    drawn["edges"][0] |= {"animated": True, "markerEnd": {"type": "arrow"}, "label": ""}
    drawn["theirs"] = {"": [[], {}, ""]}
    del drawn["viewport"]
    workflow = (await post(client, configuration=drawn)).json()
    assert workflow["configuration"] == drawn
    assert (await client.get(f"{V1}/workflows/{workflow['id']}")).json()["configuration"] == drawn


async def test_edges_and_viewport_may_be_missing(client: httpx2.AsyncClient) -> None:
    made = await post(client, configuration={"nodes": []})
    assert (made.status_code, made.json()["configuration"]) == (201, {"nodes": []})


@pytest.mark.parametrize("text", STRANGE)
async def test_any_text_survives(client: httpx2.AsyncClient, text: str) -> None:
    drawn = graphs.echo() | {text: text}
    drawn["nodes"][0]["data"]["label"] = text
    workflow = (await post(client, name=text, description=text, configuration=drawn)).json()
    got = (await client.get(f"{V1}/workflows/{workflow['id']}")).json()
    assert (got["name"], got["description"], got["configuration"]) == (text, text, drawn)
    assert (await talk.asked(client, workflow["id"], text))["answer"] == text


async def test_a_replaced_workflow_counts_its_version(client: httpx2.AsyncClient) -> None:
    workflow = (await post(client)).json()
    address = f"{V1}/workflows/{workflow['id']}"
    body = {"name": "B", "description": "changed", "configuration": graphs.asked(None)}
    second = await client.put(address, json=body, headers={"if-match": '"1"'})
    assert (second.status_code, second.json()["version"], second.headers["etag"]) == (200, 2, '"2"')
    assert {key: second.json()[key] for key in body} == body
    assert second.json()["updated_at"] > workflow["updated_at"]
    assert second.json()["created_at"] == workflow["created_at"]


async def test_a_put_replaces_all_three(client: httpx2.AsyncClient) -> None:
    workflow = (await post(client, description="gone soon")).json()
    body = {"name": "B", "configuration": {"nodes": []}}
    assert (await client.put(f"{V1}/workflows/{workflow['id']}", json=body)).json()["description"] == ""


async def test_a_stale_if_match_changes_nothing(client: httpx2.AsyncClient) -> None:
    workflow = (await post(client)).json()
    address = f"{V1}/workflows/{workflow['id']}"
    body = {"name": "B", "description": "", "configuration": graphs.echo()}
    assert (await client.put(address, json=body, headers={"if-match": '"1"'})).json()["version"] == 2
    for stale in ('"1"', '"3"', '"anything"', 'W/"1"'):
        refused = await client.put(address, json=body | {"name": "C"}, headers={"if-match": stale})
        assert (refused.status_code, refused.json()["code"]) == (412, "STALE_VERSION"), stale
    got = (await client.get(address)).json()
    assert (got["name"], got["version"]) == ("B", 2)
    assert (await client.put(address, json=body | {"name": "D"})).json()["version"] == 3
    assert (await client.put(address, json=body | {"name": "E"}, headers={"if-match": "*"})).json()["version"] == 4
    assert (await client.put(address, json=body, headers={"if-match": "nonsense"})).status_code == 422


@pytest.mark.parametrize("number", [1, 1.0, 0, -0.0, 1e2, 1e20, 1e21, 1.5e300, 5e-324, 0.1, -1e-7, 2**53 + 1])
async def test_a_save_that_changes_nothing_keeps_the_version(client: httpx2.AsyncClient, number: float) -> None:
    drawn = graphs.echo() | {"a": number, "b": {"y": 1, "x": [True, None]}}
    workflow = (await post(client, configuration=drawn)).json()
    assert workflow["configuration"]["a"] == number
    body = {name: workflow[name] for name in ("name", "description")}
    same = {"b": {"x": [True, None], "y": 1}} | drawn
    for configuration in (same, (await client.get(f"{V1}/workflows/{workflow['id']}")).json()["configuration"]):
        again = await client.put(f"{V1}/workflows/{workflow['id']}", json=body | {"configuration": configuration})
        assert again.json()["version"] == 1
        assert again.json()["updated_at"] == workflow["updated_at"]


@pytest.mark.parametrize(("before", "after"), [(1, True), (0, False), ("1", 1), (None, 0), ([], {}), ("", None)])
async def test_any_change_adds_one(client: httpx2.AsyncClient, before: object, after: object) -> None:
    workflow = (await post(client, configuration=graphs.echo() | {"a": before})).json()
    body = {"name": "A", "configuration": graphs.echo() | {"a": after}}
    assert (await client.put(f"{V1}/workflows/{workflow['id']}", json=body)).json()["version"] == 2


async def test_of_many_saves_at_once_with_one_etag_one_wins(client: httpx2.AsyncClient) -> None:
    workflow = (await post(client)).json()
    answers = await asyncio.gather(
        *(
            client.put(
                f"{V1}/workflows/{workflow['id']}",
                json={"name": f"N{number}", "configuration": graphs.echo()},
                headers={"if-match": '"1"'},
            )
            for number in range(10)
        )
    )
    assert sorted(answer.status_code for answer in answers) == [200] + [412] * 9


async def test_versions_can_be_read_back(client: httpx2.AsyncClient) -> None:
    workflow = (await post(client, name="v1")).json()
    address = f"{V1}/workflows/{workflow['id']}"
    for number in range(2, 5):
        await client.put(address, json={"name": f"v{number}", "configuration": graphs.echo() | {"n": number}})
    listed = (await client.get(f"{address}/versions")).json()
    assert [item["version"] for item in listed["items"]] == [4, 3, 2, 1]
    assert (listed["total"], listed["skip"], listed["limit"]) == (4, 0, 50)
    page = (await client.get(f"{address}/versions", params={"skip": 1, "limit": 2})).json()
    assert [item["version"] for item in page["items"]] == [3, 2]
    first = (await client.get(f"{address}/versions/1")).json()
    assert (first["name"], first["configuration"]) == ("v1", graphs.echo())
    for missing in (0, -1, 5, 2**40, 10**30):
        assert (await client.get(f"{address}/versions/{missing}")).status_code in (404, 422), missing


async def test_workflows_are_found_by_a_part_of_their_words(client: httpx2.AsyncClient) -> None:
    mark = uuid4().hex
    await post(client, name=f"Äpfel {mark} 100%_x")
    await post(client, name="Other", description=f"about {mark.upper()} things")
    await post(client, name="neither")

    async def found(words: str) -> list[str]:
        return [item["name"] for item in (await client.get(f"{V1}/workflows", params={"q": words})).json()["items"]]

    assert await found(mark) == ["Other", f"Äpfel {mark} 100%_x"]
    assert await found(f"{mark} 100%_") == [f"Äpfel {mark} 100%_x"]
    assert await found(f"äPFEL {mark}") == [f"Äpfel {mark} 100%_x"]
    assert await found(f"{mark}%") == []
    assert await found(f"{mark}_100") == []


async def test_pages_of_a_list(client: httpx2.AsyncClient) -> None:
    mark = uuid4().hex
    names = [(await post(client, name=f"{mark} {number}")).json()["name"] for number in range(5)]
    first = (await client.get(f"{V1}/workflows", params={"q": mark, "limit": 2})).json()
    assert (first["total"], first["skip"], first["limit"]) == (5, 0, 2)
    rest = (await client.get(f"{V1}/workflows", params={"q": mark, "skip": 2, "limit": 10})).json()
    assert [item["name"] for item in first["items"] + rest["items"]] == names[::-1]
    for wrong in ({"skip": -1}, {"limit": 0}, {"limit": 10**9}, {"skip": 10**30}, {"skip": "x"}):
        assert (await client.get(f"{V1}/workflows", params=wrong)).status_code == 422, wrong


async def test_a_removed_workflow_is_gone_with_all_that_was_its(client: httpx2.AsyncClient) -> None:
    workflow = (await post(client)).json()
    run = await talk.asked(client, workflow["id"])
    session = await talk.session_of(client, workflow["id"])
    assert (await client.delete(f"{V1}/workflows/{workflow['id']}")).status_code == 204
    for path in (f"workflows/{workflow['id']}", f"runs/{run['id']}", f"sessions/{session}", f"runs/{run['id']}/events"):
        assert (await client.get(f"{V1}/{path}")).status_code == 404, path
    assert (await client.delete(f"{V1}/workflows/{workflow['id']}")).status_code == 404


async def test_a_running_workflow_can_be_removed(client: httpx2.AsyncClient, model: OpenAIServer) -> None:
    workflow = await talk.saved(client, graphs.asked(model.base_url))
    await talk.begun(client, workflow, "HANG please")
    await talk.until(lambda: model.open == 1)
    assert (await client.delete(f"{V1}/workflows/{workflow}")).status_code == 204
    await talk.until(lambda: model.open == 0, within=5)


async def test_validate_answers_for_a_graph_not_saved_and_for_a_saved_one(client: httpx2.AsyncClient) -> None:
    broken = graphs.graph([graphs.node("q", "query")], [])
    unsaved = await client.post(f"{V1}/workflows/validate", json={"configuration": broken})
    workflow = (await post(client, configuration=broken)).json()
    stored = await client.post(f"{V1}/workflows/{workflow['id']}/validate")
    assert unsaved.status_code == stored.status_code == 200
    assert unsaved.json() == stored.json() == {"valid": False, "problems": workflow["problems"]}
    fine = (await client.post(f"{V1}/workflows/validate", json={"configuration": graphs.echo()})).json()
    assert fine == {"valid": True, "problems": []}


async def test_warnings_do_not_make_a_graph_invalid(client: httpx2.AsyncClient) -> None:
    drawn = graphs.echo()
    drawn["nodes"].append(graphs.node("alone", "query", "Alone"))
    answer = (await client.post(f"{V1}/workflows/validate", json={"configuration": drawn})).json()
    assert answer["valid"]
    assert [(problem["code"], problem["severity"]) for problem in answer["problems"]] == [("unreachable", "warning")]


async def test_a_graph_with_errors_is_not_run_and_all_are_told(client: httpx2.AsyncClient) -> None:
    workflow = (await post(client, configuration={"nodes": [graphs.node("x", "strange")]})).json()
    refused = await client.post(f"{V1}/workflows/{workflow['id']}/runs", json={"query": "Hi"})
    assert (refused.status_code, refused.json()["code"]) == (422, "INVALID_GRAPH")
    told = refused.json()["problems"]
    assert told == [problem for problem in workflow["problems"] if problem["severity"] == "error"]
    assert (await client.get(f"{V1}/workflows/{workflow['id']}/runs")).json()["total"] == 0


def shaped(**change: Json) -> Json:
    return graphs.echo() | change


@pytest.mark.parametrize(
    "configuration",
    [
        None, [], "x", {}, {"nodes": None}, {"nodes": {}}, {"nodes": [1]}, {"nodes": [{}]},
        {"nodes": [{"id": 1, "type": "query"}]}, {"nodes": [], "edges": {}}, {"nodes": [], "edges": [{"id": "e"}]},
        {"nodes": [{"id": "", "type": "query"}]}, {"nodes": [{"id": "a", "type": "query", "data": []}]},
        {"nodes": [{"id": "a", "type": "query", "data": {"config": []}}]},
        {"nodes": [{"id": "a", "type": "query", "position": {"x": "left", "y": 0}}]},
    ],
)  # fmt: skip
async def test_what_has_not_the_shape_of_a_graph_is_refused(client: httpx2.AsyncClient, configuration: object) -> None:
    refused = await post(client, configuration=configuration)
    assert (refused.status_code, refused.headers["content-type"]) == (422, "application/problem+json")
    assert refused.json()["problems" if isinstance(configuration, dict) else "code"]


async def test_a_graph_beyond_the_limits_is_refused_at_once(client: httpx2.AsyncClient) -> None:
    many = {"nodes": [graphs.node(f"n{number}", "query") for number in range(501)]}
    edges = {"nodes": [], "edges": [graphs.edge("a", "b", "c", "d", f"e{number}") for number in range(2001)]}
    large = graphs.echo() | {"filler": "x" * 1_000_000}
    deep: object = 1
    for _ in range(64):
        deep = [deep]
    for configuration in (many, edges, large):
        refused = await post(client, configuration=configuration)
        assert (refused.status_code, refused.json()["code"]) == (413, "GRAPH_TOO_LARGE")
        checked = await client.post(f"{V1}/workflows/validate", json={"configuration": configuration})
        assert checked.status_code == 413
    assert (await post(client, configuration=graphs.echo() | {"deep": deep})).status_code in (413, 422)


async def test_a_graph_at_the_limits_is_saved(client: httpx2.AsyncClient) -> None:
    most = {"nodes": [graphs.node(f"n{number}", "query") for number in range(500)]}
    deep: object = 1
    for _ in range(62):
        deep = [deep]
    large = graphs.echo() | {"filler": "é" * 400_000}
    for configuration in (most, graphs.echo() | {"deep": deep}, large):
        made = await post(client, configuration=configuration)
        assert made.status_code == 201, made.text[:500]
        assert json.loads(made.text)["configuration"] == configuration
