"""The rows “REST” of the cases, and their kind over the whole description."""

from typing import Any

import httpx2
import pytest

from tests.support import graphs, talk
from tests.support.talk import V1


async def test_an_upload_may_name_its_file_in_the_extended_way_only(client: httpx2.AsyncClient) -> None:
    workflow = await talk.saved(client, graphs.echo())
    body = (
        b"--b\r\ncontent-disposition: form-data; name=\"file\"; filename*=UTF-8''na%C3%AFve%20file.txt\r\n\r\n"
        b"Some words.\r\n--b--\r\n"
    )
    answer = await client.post(
        f"{V1}/workflows/{workflow}/documents",
        content=body,
        headers={"content-type": "multipart/form-data; boundary=b"},
    )
    assert answer.status_code == 202, answer.text
    assert answer.json()["items"][0]["filename"] == "naïve file.txt"


async def test_allow_names_every_method_of_an_address(client: httpx2.AsyncClient) -> None:
    description = (await client.get(f"{V1}/openapi.json")).json()
    for path, item in description["paths"].items():
        filled = path
        for name in ("{workflow_id}", "{document_id}", "{run_id}", "{session_id}", "{base_id}", "{knowledge_base_id}",
                     "{credential_id}", "{message_id}"):  # fmt: skip
            filled = filled.replace(name, "00000000-0000-4000-8000-00000000000a")
        filled = filled.replace("{number}", "1")
        if "{" in filled or not filled.startswith(V1):
            continue
        answer = await client.request("OPTIONS", filled)
        assert answer.status_code == 405, path
        allowed = set(answer.headers["allow"].split(", "))
        assert {method.upper() for method in item if method in {"get", "post", "put", "patch", "delete"}} <= allowed, (
            path
        )


async def test_other_methods_beside_a_literal_address_are_405(client: httpx2.AsyncClient) -> None:
    for method in ("PUT", "GET", "DELETE"):
        answer = await client.request(method, f"{V1}/workflows/validate", json={})
        assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    assert (await client.get(f"{V1}/workflows/no-id")).status_code == 422


@pytest.mark.parametrize("value", [False, True, "30", 30.5])
async def test_what_is_no_whole_number_is_refused(client: httpx2.AsyncClient, value: Any) -> None:
    answer = await client.post(f"{V1}/knowledge-bases", json={"name": "B", "chunk_overlap": value})
    assert answer.status_code == 422
    assert "chunk_overlap" in answer.json()["detail"]


async def test_the_statuses_that_calls_answer_with_are_declared(client: httpx2.AsyncClient) -> None:
    description = (await client.get(f"{V1}/openapi.json")).json()
    operations = [
        (path, method, operation)
        for path, item in description["paths"].items()
        for method, operation in item.items()
        if method in {"get", "post", "put", "patch", "delete"} and path.startswith(V1)
    ]
    assert len(operations) > 30
    for path, method, operation in operations:
        assert {"4XX", "429", "503", "507"} <= operation["responses"].keys(), (method, path)
    for path, method in (
        ("/credentials/{credential_id}/models", "get"),
        ("/credentials/{credential_id}/test", "post"),
        ("/knowledge-bases/{base_id}/search", "post"),
    ):
        found = [o for p, m, o in operations if m == method and p.split("{")[0] == f"{V1}{path.split('{')[0]}"
                 and p.split("}")[-1] == path.split("}")[-1]]  # fmt: skip
        assert {"502", "504"} <= found[0]["responses"].keys(), path
