"""The frontend image's nginx, run for real before the real server: pages, API, sockets, streams and uploads through it."""

import asyncio
import gzip
import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2
import pytest
from websockets.asyncio.client import connect

from genai_stack.api.http import static_files as pages
from tests.fakes.openai_server import OpenAIServer
from tests.support import front_door, graphs, names, talk
from tests.support.front_door import FrontDoor
from tests.support.server import Server
from tests.support.talk import V1

SCRIPT = b"console.log('here')" * 100
TOKEN = "the-token-of-the-public-front-door"
HOST = "stack.example.com"


@pytest.fixture(scope="session", autouse=True)
def what_is_needed() -> None:
    front_door.needed()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A build of the pages in small."""
    made = tmp_path_factory.mktemp("pages") / "dist"
    (made / "assets").mkdir(parents=True)
    (made / "diagram.html").write_text("<!doctype html><title>A diagram</title>")
    (made / "index.html").write_text("<!doctype html><title>Pages</title>")
    (made / "theme.js").write_text("document.title = 'é'")
    script = made / "assets" / "index-abc123.js"
    script.write_bytes(SCRIPT)
    script.with_name("index-abc123.js.gz").write_bytes(gzip.compress(SCRIPT))
    return made


@pytest.fixture(scope="module")
def behind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The API as it is deployed: beyond loopback, with a token, for one host name and one origin."""
    server = Server(
        tmp_path_factory.mktemp("behind"),
        host="0.0.0.0",
        token=TOKEN,
        allowed_hosts=HOST,
        allowed_origins=f"https://{HOST}",
        allowed_upstreams="127.0.0.1",
        max_upload_bytes=200_000,
    )
    try:
        yield server.start()
    finally:
        server.stop()


@pytest.fixture(scope="module")
def door(folder: Path, behind: Server) -> Iterator[FrontDoor]:
    opened = FrontDoor(folder, behind.url.removeprefix("http://"), MAX_BODY="1m")
    try:
        yield opened.start()
    finally:
        opened.stop()


@asynccontextmanager
async def _client(door: FrontDoor) -> AsyncIterator[httpx2.AsyncClient]:
    headers = {"authorization": f"Bearer {TOKEN}", "host": HOST}
    async with httpx2.AsyncClient(base_url=f"http://{door.address}", headers=headers, timeout=60) as opened:
        yield opened


@pytest.fixture
async def client(door: FrontDoor) -> AsyncIterator[httpx2.AsyncClient]:
    async with _client(door) as opened:
        yield opened


async def test_the_pages_come_with_the_headers_that_the_server_gives_them(client: httpx2.AsyncClient) -> None:
    for path in ("/", "/stacks/0199", "/assets/index-abc123.js"):
        headers = (await client.get(path)).headers
        for name, value in pages.HEADERS.items():
            if name != "vary":
                assert headers.get_list(name) == [value], (path, name)
        assert headers["etag"]
        assert "/" not in headers["server"]  # no version is told
    frame = await client.get("/diagram.html")
    assert frame.headers.get_list("content-security-policy") == [pages.DIAGRAM_POLICY]


async def test_deep_links_are_answered_with_the_page(client: httpx2.AsyncClient) -> None:
    for path in ("/", "/stacks/0199", "/chat/1?session=2", "/assets"):
        answer = await client.get(path)
        assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-cache"), path
        assert answer.text.endswith("<title>Pages</title>")
        assert answer.headers["content-type"] == "text/html; charset=utf-8"


async def test_files_by_hash_are_kept_for_good_and_others_asked_again(client: httpx2.AsyncClient) -> None:
    kept = await client.get("/assets/index-abc123.js")
    assert kept.headers.get_list("cache-control") == ["public, max-age=31536000, immutable"]
    assert kept.headers["content-type"].endswith("javascript; charset=utf-8")
    asked = await client.get("/theme.js")
    assert asked.headers["cache-control"] == "no-cache"
    again = await client.get("/theme.js", headers={"if-none-match": asked.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


async def test_files_are_sent_compressed_to_those_who_take_it(client: httpx2.AsyncClient) -> None:
    zipped = await client.get("/assets/index-abc123.js", headers={"accept-encoding": "gzip"})
    plain = await client.get("/assets/index-abc123.js", headers={"accept-encoding": "identity"})
    assert zipped.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert zipped.content == plain.content == SCRIPT
    assert zipped.headers["vary"] == plain.headers["vary"] == "Accept-Encoding"


async def test_what_is_no_page_is_not_answered_with_one(client: httpx2.AsyncClient) -> None:
    for path in ("/assets/gone-1.js", "/nothing.txt", "/assets/index-abc123.js.gz", "/..%2f..%2fetc%2fpasswd.txt"):
        answer = await client.get(path)
        assert answer.status_code in (400, 404), path
        assert "cache-control" not in answer.headers
    assert (await client.post("/stacks/1")).status_code == 405


@pytest.mark.parametrize(
    "path",
    [
        "/metrics",
        "/metrics/",
        "/metrics?a",
        "//metrics",
        "/%6detrics",
        "/api/../metrics",
        "/api/%2e%2e/metrics",
        "/api/..%2fmetrics",
    ],
)
async def test_metrics_are_refused_however_they_are_spelt(door: FrontDoor, path: str) -> None:
    reader, writer = await asyncio.open_connection(*door.address.split(":"))  # a client would tidy the path up
    writer.write(f"GET {path} HTTP/1.1\r\nhost: {HOST}\r\nconnection: close\r\n\r\n".encode())
    assert (await reader.readline()).split()[1] == b"403"
    writer.close()


async def test_the_api_and_its_health_answer_through_the_door(client: httpx2.AsyncClient) -> None:
    assert (await client.get("/healthz")).json() == {"status": "ok"}
    assert (await client.get("/readyz")).json()["ready"] is True
    answer = await client.get(f"{V1}/node-types")
    assert answer.status_code == 200
    assert "content-security-policy" not in answer.headers
    assert len(answer.headers.get_list("x-request-id")) == 1


async def test_the_host_the_origin_and_the_token_are_still_asked_for(
    door: FrontDoor, client: httpx2.AsyncClient
) -> None:
    path = f"{V1}/workflows"
    assert (await client.get(path, headers={"host": "other.example.com"})).status_code == 421
    assert (await client.get(path, headers={"origin": "https://other.example.com"})).status_code == 403
    assert (await client.get(path, headers={"authorization": ""})).status_code == 401
    allowed = await client.get(path, headers={"origin": f"https://{HOST}"})
    assert allowed.headers["access-control-allow-origin"] == f"https://{HOST}"
    assert TOKEN not in door.log()


async def test_a_chat_is_held_over_a_socket_through_the_door(
    door: FrontDoor, client: httpx2.AsyncClient, model: OpenAIServer
) -> None:
    session = await talk.session_of(client, await talk.saved(client, graphs.asked(model.base_url)))
    async with connect(
        f"ws://{HOST}{V1}/sessions/{session}/chat",
        host=door.address.split(":")[0],
        port=int(door.address.split(":")[1]),
        origin=f"https://{HOST}",  # type: ignore[arg-type]
        subprotocols=["genai-stack", f"bearer.{TOKEN}"],  # type: ignore[list-item]
        proxy=None,
    ) as socket:
        await socket.send(talk.message("Hi"))
        events = await talk.heard(socket)
    assert talk.in_order(events)
    assert next(event for event in events if event["type"] == "answer")["data"]["text"] == "tok0 tok1 tok2 tok3 tok4 "


async def test_events_come_while_the_model_still_speaks(client: httpx2.AsyncClient, model: OpenAIServer) -> None:
    workflow = await talk.saved(client, graphs.asked(model.base_url))
    seen: list[str] = []
    async with client.stream(
        "POST", f"{V1}/workflows/{workflow}/runs", json={"query": "HANGMID"}, headers={"accept": "text/event-stream"}
    ) as response:
        assert response.status_code == 200
        async for frame in talk.frames(response):  # the model has stopped in the middle, and goes on never
            seen.append(frame["event"])
            if frame["event"] == "answer.delta":
                break
    assert seen[0] == "run.started"
    run = json.loads(frame["data"])["run_id"]
    assert (await client.post(f"{V1}/runs/{run}/cancel")).status_code in (200, 202)


async def test_uploads_pass_up_to_what_the_server_takes_and_it_says_what_is_too_large(
    client: httpx2.AsyncClient,
) -> None:
    base = (await client.post(f"{V1}/knowledge-bases", json={"name": "Papers"})).json()["id"]
    path = f"{V1}/knowledge-bases/{base}/documents"
    assert (await client.post(path, files=[("file", ("a.txt", b"word " * 30_000))])).status_code == 202
    by_server = await client.post(path, files=[("file", ("b.txt", b"x" * 300_000))])
    assert (by_server.status_code, by_server.json()["code"]) == (413, "TOO_LARGE")
    at_the_door = await client.post(path, files=[("file", ("c.txt", b"x" * 1_100_000))])
    assert (at_the_door.status_code, at_the_door.json()["code"]) == (413, "TOO_LARGE")
    assert at_the_door.headers["content-type"] == "application/problem+json"
    assert "1m bytes" in at_the_door.json()["detail"]


async def test_a_server_that_is_away_is_told_as_a_problem_and_one_that_moved_is_found_again(
    folder: Path, new_server: Callable[..., Server]
) -> None:
    """By name, as in a container: the name server first gives an address where nobody is."""
    port = new_server(allowed_hosts=HOST, token=TOKEN).start().url.rpartition(":")[2]
    with names.NameServer(gives="127.0.0.2") as known:
        known_as = FrontDoor(folder, f"backend.test:{port}", RESOLVER=known.address)
        try:
            async with _client(known_as.start()) as client:
                away = await client.get(f"{V1}/workflows")
                assert (away.status_code, away.json()["code"]) == (503, "BACKEND_AWAY")
                assert away.headers["content-type"] == "application/problem+json"
                assert away.headers["retry-after"] == "2"
                assert (await client.get("/")).status_code == 200
                known.gives = "127.0.0.1"

                async def found() -> bool:
                    return (await client.get(f"{V1}/workflows")).status_code == 200

                await talk.until(found, within=30)
        finally:
            known_as.stop()


async def test_the_door_closes_in_order(folder: Path) -> None:
    door = FrontDoor(folder, "127.0.0.1:1")
    try:
        assert door.start().terminate() == 0
        log = [json.loads(line) for line in door.log().splitlines() if line.startswith("{")]
        assert all("emerg" not in line for line in door.log().splitlines()), door.log()
        assert all(set(line) >= {"time", "path", "status"} for line in log)
    finally:
        door.stop()
