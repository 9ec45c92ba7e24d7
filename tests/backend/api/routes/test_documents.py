"""Documents over HTTP: sent, watched, read, deleted; refused with a reason."""

import asyncio
from uuid import uuid4

import httpx2
import pytest

from tests.support.children import stopped_child, until_ended
from tests.support.files import pdf, taken_in
from tests.support.server import Server
from tests.support.wire import wire

OTTERS = b"# Otters\n\nOtters sleep holding hands."
API = "/api/v1"


@pytest.fixture
async def base(client: httpx2.AsyncClient) -> str:
    made = await client.post(f"{API}/knowledge-bases", json={"name": "Papers"})
    assert made.status_code == 201, made.text
    return f"{API}/knowledge-bases/{made.json()['id']}"


async def test_a_pdf_is_read_page_by_page(client: httpx2.AsyncClient, base: str) -> None:
    content = pdf("Otters sleep holding hands.", "Badgers dig setts.", title="Animals", author="Ada")
    [document] = await taken_in(client, f"{base}/documents", ("animals.pdf", content))
    assert (document["status"], document["error"]) == ("ready", None)
    assert (document["pages"], document["kind"], document["size"], document["progress"]) == (2, "pdf", len(content), 1)
    assert document["metadata"]["title"] == "Animals"
    assert document["metadata"]["author"] == "Ada"
    path = f"{API}/documents/{document['id']}"
    page = await client.get(f"{path}/pages/2")
    assert page.json()["text"].strip() == "Badgers dig setts."
    picture = await client.get(f"{path}/pages/1", headers={"accept": "image/png"})
    assert picture.headers["content-type"] == "image/png"
    assert picture.content.startswith(b"\x89PNG")
    for number in (0, 3):
        assert (await client.get(f"{path}/pages/{number}")).status_code == 404
    found = (await client.post(f"{base}/search", json={"query": "Where do badgers live?", "top_k": 1})).json()
    [hit] = found["items"]
    assert (hit["page"], hit["filename"], hit["match"]) == (2, "animals.pdf", "Badgers dig setts.")
    located = await client.post(f"{path}/pages/2/boxes", json={"texts": [hit["text"], "Otters"]})
    [[box], absent] = located.json()["boxes"]
    assert 0 < box["x0"] < box["x1"] < 1
    assert absent == []
    assert (await client.post(f"{path}/pages/3/boxes", json={"texts": ["Otters"]})).status_code == 404
    assert (await client.post(f"{path}/pages/2/boxes", json={"texts": []})).status_code == 422


async def test_several_files_come_together_and_each_has_its_own_fate(client: httpx2.AsyncClient, base: str) -> None:
    otters, broken, empty = await taken_in(
        client,
        f"{base}/documents",
        ("../../otters.md", OTTERS),
        ("broken.pdf", b"%PDF-1.7 and then nothing"),
        ("empty.txt", b""),
    )
    assert (otters["filename"], otters["status"], otters["pages"]) == ("otters.md", "ready", None)
    assert broken["status"] == "failed"
    assert "damaged" in broken["error"]
    assert (empty["status"], empty["error"]) == ("failed", "The file is empty.")
    listed = (await client.get(f"{base}/documents", params={"skip": 1, "limit": 1})).json()
    assert (listed["total"], [item["id"] for item in listed["items"]]) == (3, [broken["id"]])
    no_picture = await client.get(f"{API}/documents/{otters['id']}/pages/1", headers={"accept": "image/png"})
    assert no_picture.status_code == 415
    no_boxes = await client.post(f"{API}/documents/{otters['id']}/pages/1/boxes", json={"texts": ["Otters"]})
    assert no_boxes.status_code == 415
    assert (await client.get(f"{API}/documents/{otters['id']}/pages/1")).json()["text"] == OTTERS.decode()
    assert (await client.get(f"{API}/documents/{broken['id']}/pages/1")).status_code == 409


async def test_a_deleted_document_is_gone(client: httpx2.AsyncClient, base: str) -> None:
    [document] = await taken_in(client, f"{base}/documents", ("otters.md", OTTERS))
    assert (await client.delete(f"{API}/documents/{document['id']}")).status_code == 204
    assert (await client.get(f"{API}/documents/{document['id']}")).status_code == 404
    assert (await client.delete(f"{API}/documents/{document['id']}")).status_code == 404
    assert (await client.post(f"{base}/search", json={"query": "otters"})).json()["items"] == []
    assert (await client.get(f"{base}/documents")).json()["total"] == 0


async def test_a_workflow_owns_its_documents_from_the_first_upload(client: httpx2.AsyncClient) -> None:
    made = (await client.post(f"{API}/workflows", json={"name": "Otters", "configuration": {"nodes": []}})).json()
    assert made["knowledge_base_id"] is None
    path = f"{API}/workflows/{made['id']}"
    assert (await client.get(f"{path}/documents")).json()["items"] == []
    [document] = await taken_in(client, f"{path}/documents", ("otters.md", OTTERS))
    own = (await client.get(path)).json()["knowledge_base_id"]
    assert (document["workflow_id"], document["knowledge_base_id"]) == (made["id"], own)
    assert (await client.get(f"{path}/documents")).json()["total"] == 1
    assert (await client.delete(path)).status_code == 204
    assert (await client.get(f"{API}/documents/{document['id']}")).status_code == 404
    assert (await client.get(f"{API}/knowledge-bases/{own}")).status_code == 404


@pytest.mark.parametrize(
    ("content_type", "body", "status"),
    [
        ("application/json", b"{}", 415),
        ("multipart/form-data", b"", 415),
        ("multipart/form-data; boundary=x", b"", 422),
        ("multipart/form-data; boundary=x", b"garbage", 422),
        ("multipart/form-data; boundary=x", b"--x--\r\n", 422),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="other"\r\n\r\n1\r\n--x--',
            422,
        ),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\ncut off',
            422,
        ),
    ],
)
async def test_what_is_no_upload_is_refused(
    client: httpx2.AsyncClient, base: str, content_type: str, body: bytes, status: int
) -> None:
    answer = await client.post(f"{base}/documents", content=body, headers={"content-type": content_type})
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert (await client.get(f"{base}/documents")).json()["total"] == 0


async def test_a_client_that_goes_away_leaves_nothing(client: httpx2.AsyncClient, base: str) -> None:
    async def endless():
        yield b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\n'
        for _ in range(20):
            yield b"word " * 20_000
        await asyncio.sleep(60)

    sending = asyncio.create_task(
        client.post(f"{base}/documents", content=endless(), headers={"content-type": "multipart/form-data; boundary=x"})
    )
    await asyncio.sleep(0.5)
    assert (await client.get(f"{base}/documents")).json()["total"] == 0
    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending
    assert (await client.get(f"{base}/documents")).json()["total"] == 0
    assert (await client.delete(base)).status_code == 204


async def test_unknown_ids_are_404(client: httpx2.AsyncClient) -> None:
    for path in ("documents/{}", "documents/{}/pages/1", "workflows/{}/documents", "knowledge-bases/{}/documents"):
        assert (await client.get(f"{API}/{path.format(uuid4())}")).status_code == 404
    upload = await client.post(f"{API}/workflows/{uuid4()}/documents", files=[("file", ("a.txt", b"Words."))])
    assert upload.status_code == 404


async def test_a_file_beyond_the_limit_is_refused_at_once(new_server) -> None:
    server = new_server(max_upload_bytes=1_000_000).start()
    async with server.client() as client:
        made = (await client.post(f"{API}/knowledge-bases", json={"name": "Papers"})).json()
        path = f"{API}/knowledge-bases/{made['id']}/documents"
        answer = await client.post(path, files=[("file", ("a.txt", b"x" * 1_100_000))])
        assert (answer.status_code, answer.json()["code"]) == (413, "TOO_LARGE")
        assert (await client.get(path)).json()["total"] == 0


async def test_picture_ends_with_its_request(server: Server, client: httpx2.AsyncClient, base: str) -> None:
    [document] = await taken_in(client, f"{base}/documents", ("animals.pdf", pdf("Otters sleep holding hands.")))
    async with wire(server.url) as opened:
        path = f"{API}/documents/{document['id']}/pages/1"
        await opened.send(f"GET {path} HTTP/1.1\r\nhost: localhost\r\naccept: image/png\r\n\r\n".encode())
        child = await stopped_child(server.pid)
    await until_ended(child)
