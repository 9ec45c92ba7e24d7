"""Who gets in: tokens, hosts and origins, on every route and socket."""

import asyncio
import json
import re
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from uuid import uuid4

import httpx2
import pytest
from starlette.routing import BaseRoute
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from genai_stack.api.http.access_rules import AccessRules, check_start, is_loopback, is_open_to_others
from genai_stack.api.http.routing import read_json
from genai_stack.errors import CannotStart, Invalid, StackError
from genai_stack.infra.failure_limit import MOST_FAILURES
from tests.fakes.openai_server import OpenAIServer
from tests.support import graphs, talk
from tests.support.server import Server
from tests.support.talk import V1

TOKEN = "a-long-random-word-of-this-test"
PUBLIC = {"/healthz", "/readyz"}
SERVED_WITHOUT = re.compile(r"^/(healthz|readyz|metrics)$")


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory):
    server = Server(tmp_path_factory.mktemp("guarded"), token=TOKEN)
    try:
        yield server.start()
    finally:
        server.stop()


@pytest.fixture
async def stranger(guarded: Server) -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(base_url=guarded.url, timeout=20) as opened:
        yield opened


@pytest.fixture
async def stack() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as opened:
        yield opened


def at_address(server: Server, address: str, **headers: str) -> httpx2.AsyncClient:
    """A client whose own address is one of loopback's many."""
    transport = httpx2.AsyncHTTPTransport(local_address=address)
    return httpx2.AsyncClient(base_url=server.url, transport=transport, headers=headers, timeout=20)


def filled(path: str) -> str:
    return re.sub(r"\{(\w+)(:\w+)?\}", lambda found: "1" if found[1] == "number" else str(uuid4()), path)


async def routes(guarded: Server) -> list[tuple[str, str]]:
    """Every route of the description, and the description itself."""
    async with guarded.client() as client:
        described = (await client.get(f"{V1}/openapi.json")).json()
    found = [(method.upper(), path) for path, methods in described["paths"].items() for method in methods]
    return [*found, ("GET", f"{V1}/openapi.json")]


async def test_no_route_answers_without_the_token_or_with_a_wrong_one(guarded: Server, stack: AsyncExitStack) -> None:
    every = await routes(guarded)
    assert len(every) > 30
    wrong = ({}, {"authorization": "Bearer wrong"}, {"authorization": f"Basic {TOKEN}"}, {"authorization": TOKEN},
             {"authorization": f"Bearer {TOKEN}x"}, {"cookie": f"token={TOKEN}"})  # fmt: skip
    for number, (method, path) in enumerate(every, 1):
        stranger = await stack.enter_async_context(at_address(guarded, f"127.0.1.{number}"))  # few wrong tokens each
        if path in PUBLIC:
            assert (await stranger.request(method, filled(path))).status_code == 200
            continue
        for headers in wrong:
            answer = await stranger.request(method, filled(path), params={"token": TOKEN}, headers=headers)
            assert (answer.status_code, answer.json()["code"]) == (401, "UNAUTHORIZED"), (method, path, headers)
            assert answer.headers["www-authenticate"] == "Bearer"
        body = {"content": b"{ this is not read", "headers": {"content-type": "application/json"}}
        assert (await stranger.request(method, filled(path), **body)).status_code == 401, (method, path)
        right = {"authorization": f"bearer {TOKEN}"}
        assert (await stranger.request(method, filled(path), headers=right)).status_code not in (401, 403, 500)


async def test_no_socket_opens_without_the_token_or_with_a_wrong_one(guarded: Server) -> None:
    async with guarded.client() as client:
        workflow = await talk.saved(client, graphs.echo())
        session = await talk.session_of(client, workflow)
        run = (await talk.asked(client, workflow))["id"]
    for path in (f"/sessions/{session}/chat", f"/runs/{run}/events"):
        address = f"{guarded.url.replace('http', 'ws')}{V1}{path}"
        for offered in (
            None,
            ["genai-stack"],
            ["genai-stack", "bearer.wrong"],
            [TOKEN],
            ["genai-stack", f"bearer.{TOKEN}x"],
        ):
            with pytest.raises(InvalidStatus) as refused:
                await connect(f"{address}?token={TOKEN}", subprotocols=offered, proxy=None)  # type: ignore[arg-type]
            assert refused.value.response.status_code == 401
            assert json.loads(refused.value.response.body)["code"] == "UNAUTHORIZED"
        async with guarded.socket(path) as socket:
            assert socket.subprotocol == "genai-stack"


def test_every_route_of_the_application_is_described_or_a_socket() -> None:
    """What is not in the description would not be tested above."""
    from genai_stack.api import app

    made = app.create_app.__code__.co_names
    assert "include_router" in made
    for room in app.ROUTERS:
        for route in room.router.routes:
            assert _declares(route), route


def _declares(route: BaseRoute) -> bool:
    from genai_stack.api.http.routing import Policy

    given = getattr(route, "dependencies", ())
    return any(policy.value is dependency for dependency in given for policy in Policy)


FOREIGN_HOSTS = (
    "evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "evil.example:80", "127.0.0.1:80@evil.example",
    "[::1].evil.example", "[::1]evil", "localhost:80:80", "127.0.0.1:", "127.0.0.1:x", "0.0.0.0", "[::]", "localhost.",
    "127.0.0.2", "127.1", "[::ffff:127.0.0.1]", "", " ", "localhost/", "local host",
)  # fmt: skip
FOREIGN_ORIGINS = (
    "http://evil.example", "https://localhost.evil.example", "null", "file://", "http://127.0.0.1@evil.example",
    "http://127.0.0.1:80@evil.example", "http://[::1].evil.example", "http://[::1", "chrome-extension://localhost",
    "http://localhost/path", "localhost", "http://", "http:localhost", "ftp://localhost", "http://localhost:80:80",
)  # fmt: skip


@pytest.mark.parametrize("host", FOREIGN_HOSTS)
def test_another_host_is_refused(host: str) -> None:
    with pytest.raises(StackError, match="GENAI_STACK_ALLOWED_HOSTS"):
        AccessRules(None).check_host(host)


@pytest.mark.parametrize("origin", FOREIGN_ORIGINS)
def test_another_origin_is_refused(origin: str) -> None:
    with pytest.raises(StackError, match="GENAI_STACK_ALLOWED_ORIGINS"):
        AccessRules(None).check_origin(origin)


def test_local_names_are_let_in_at_any_port() -> None:
    for name in ("127.0.0.1", "localhost", "[::1]", "LOCALHOST"):
        for port in ("", ":80", ":8000", ":65535"):
            AccessRules(None).check_host(name + port)
            for scheme in ("http", "https"):
                AccessRules(None).check_origin(f"{scheme}://{name}{port}")
    AccessRules(None).check_origin(None)


async def test_foreign_pages_reach_neither_the_api_nor_a_socket(server: Server, client: httpx2.AsyncClient) -> None:
    session = await talk.session_of(client, await talk.saved(client, graphs.echo()))
    for headers, status, code in (
        ({"origin": "http://evil.example"}, 403, "FOREIGN_ORIGIN"),
        ({"origin": "null"}, 403, "FOREIGN_ORIGIN"),
        ({"host": "evil.example"}, 421, "FOREIGN_HOST"),
        ({"host": "evil.example", "origin": "http://localhost"}, 421, "FOREIGN_HOST"),
    ):
        for method, path in (
            ("GET", "workflows"),
            ("POST", "workflows"),
            ("DELETE", f"sessions/{session}"),
            ("GET", "x"),
        ):
            answer = await client.request(method, f"{V1}/{path}", headers=headers)
            assert (answer.status_code, answer.json()["code"]) == (status, code)
            assert "access-control-allow-origin" not in answer.headers
        with pytest.raises(InvalidStatus) as refused:
            await server.socket(f"/sessions/{session}/chat", additional_headers=headers)
        assert refused.value.response.status_code == status
    for health in ("/healthz", "/readyz"):
        assert (await client.get(health, headers={"host": "anything.example"})).status_code == 200
    assert (await client.get(f"{V1}/sessions/{session}")).status_code == 200
    async with server.socket(f"/sessions/{session}/chat", origin="http://localhost:5173"):
        pass


async def test_pages_of_allowed_origins_get_the_headers_that_they_need(client: httpx2.AsyncClient) -> None:
    page = {"origin": "http://localhost:5173"}
    asked = {"access-control-request-method": "PUT", "access-control-request-headers": "if-match,content-type"}
    preflight = await client.options(f"{V1}/workflows/{uuid4()}", headers=page | asked)
    assert preflight.status_code == 200
    assert preflight.headers["access-control-allow-origin"] == page["origin"]
    answer = await client.get(f"{V1}/workflows", headers=page)
    assert answer.headers["access-control-allow-origin"] == page["origin"]
    foreign = await client.options(f"{V1}/workflows", headers={"origin": "http://evil.example"} | asked)
    assert foreign.status_code == 403


async def test_preflights_need_no_token(stranger: httpx2.AsyncClient) -> None:
    asked = {"origin": "http://localhost:5173", "access-control-request-method": "GET"}
    assert (await stranger.options(f"{V1}/workflows", headers=asked)).status_code == 200


async def test_lists_of_hosts_and_origins_are_exact(new_server: Callable[..., Server]) -> None:
    given = {"allowed_hosts": "stack.example,127.0.0.1:1", "allowed_origins": "https://app.example", "token": TOKEN}
    server = new_server(**given).start()
    shown = {"authorization": f"Bearer {TOKEN}"}
    async with httpx2.AsyncClient(base_url=server.url, headers=shown) as client:
        for host, status in (
            ("stack.example", 200),
            ("stack.example:8443", 200),
            ("127.0.0.1", 421),
            ("localhost", 421),
        ):
            assert (await client.get(f"{V1}/workflows", headers={"host": host})).status_code == status, host
        for origin, status in (
            ("https://app.example", 200),
            ("http://app.example", 403),
            ("https://app.example:444", 403),
            ("http://localhost", 403),
        ):
            headers = {"host": "stack.example", "origin": origin}
            assert (await client.get(f"{V1}/workflows", headers=headers)).status_code == status, origin


def test_loopback_is_what_it_says() -> None:
    assert all(map(is_loopback, ("127.0.0.1", "127.0.0.9", "localhost", "::1", "[::1]")))
    assert not any(map(is_loopback, ("0.0.0.0", "::", "192.168.0.1", "example.com", "", "localhost.example")))
    with pytest.raises(CannotStart, match="GENAI_STACK_TOKEN"):
        check_start("0.0.0.0", (), "")


@pytest.mark.parametrize(
    ("host", "allowed", "is_open"),
    [
        ("127.0.0.1", (), False),
        ("127.0.0.1", ("localhost", "127.0.0.1:8000", "[::1]:8000", "http://localhost:5173", "LOCALHOST"), False),
        ("0.0.0.0", (), True),
        ("127.0.0.1", ("stack.example",), True),
        ("127.0.0.1", ("localhost", "https://app.example"), True),
        ("127.0.0.1", ("https://app.example/",), True),
        ("127.0.0.1", ("192.168.0.7:8000",), True),
        ("127.0.0.1", ("localhost.example",), True),
        ("127.0.0.1", ("what is no name",), True),
    ],
)
def test_open_to_others_is_one_notion(host: str, allowed: tuple[str, ...], is_open: bool) -> None:
    assert is_open_to_others(host, allowed) is is_open
    if is_open:
        with pytest.raises(CannotStart, match="GENAI_STACK_TOKEN"):
            check_start(host, allowed, None)
    check_start(host, allowed, TOKEN)


@pytest.mark.parametrize("token", ["x", "a" * 43, "abcdefghijk" * 4, "short-but-different-123"])
@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
def test_token_that_can_be_guessed_is_refused(host: str, token: str) -> None:
    with pytest.raises(CannotStart, match="can be guessed") as told:
        check_start(host, (), token)
    assert token not in told.value.message.split() or len(token) == 1


async def test_allowed_host_beyond_loopback_closes_private_upstreams(
    new_server: Callable[..., Server], model: OpenAIServer
) -> None:
    server = new_server("proxied", allowed_hosts="stack.example,127.0.0.1", token=TOKEN).start()
    async with server.client() as client:
        run = await talk.asked(client, await talk.saved(client, graphs.asked(model.base_url)))
    assert (run["status"], run["error"]["code"]) == ("failed", "UPSTREAM_NOT_ALLOWED")
    assert model.connections == 0


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_a_server_beyond_loopback_does_not_start_without_a_token(new_server: Callable[..., Server], host: str) -> None:
    code, said = new_server(host=host).refused()
    assert code == 2
    assert "GENAI_STACK_TOKEN" in said
    assert "Traceback" not in said


async def test_beyond_loopback_only_allowed_models_are_called(
    new_server: Callable[..., Server], model: OpenAIServer
) -> None:
    server = new_server("closed", host="0.0.0.0", token=TOKEN).start()
    async with server.client() as client:
        run = await talk.asked(client, await talk.saved(client, graphs.asked(model.base_url)))
        assert (run["status"], run["error"]["code"]) == ("failed", "UPSTREAM_NOT_ALLOWED")
        assert "GENAI_STACK_ALLOWED_UPSTREAMS" in run["error"]["message"]
    assert model.connections == 0
    server = new_server("open", host="0.0.0.0", token=TOKEN, allowed_upstreams="127.0.0.1").start()
    async with server.client() as client:
        run = await talk.asked(client, await talk.saved(client, graphs.asked(model.base_url)))
        assert run["status"] == "succeeded"


def test_a_second_server_on_a_data_directory_is_refused(new_server: Callable[..., Server]) -> None:
    new_server("one").start()
    code, said = new_server("one").refused()
    assert code == 2
    assert "data directory" in said.lower()


@pytest.mark.parametrize(
    ("setting", "value", "named"),
    [
        ("max_nodes", "many", "GENAI_STACK_MAX_NODES"),
        ("no_such", 1, "GENAI_STACK_NO_SUCH"),
        ("secret_key", "short", "key"),
        ("database_url", "nonsense-with-a-password", "GENAI_STACK_DATABASE_URL"),
        ("database_url", "mysql://me:a-password@localhost/x", "GENAI_STACK_DATABASE_URL"),
        ("database_url", "postgresql://me:a-password@127.0.0.1:9/x", "database"),
        ("log_level", "loud", "GENAI_STACK_LOG_LEVEL"),
    ],
)
def test_settings_that_do_not_fit_are_told_by_name(
    new_server: Callable[..., Server], setting: str, value: object, named: str
) -> None:
    code, said = new_server(**{setting: value}).refused()
    assert (code, named in said, "Traceback" in said, "a-password" in said) == (2, True, False, False), said


async def test_a_data_directory_holds_what_it_should_for_its_owner_alone(new_server: Callable[..., Server]) -> None:
    server = new_server().start()
    assert (server.data / "secret.key").stat().st_mode & 0o777 == 0o600
    assert sqlite3.connect(server.data / "genai-stack.db").execute("SELECT count(*) FROM workflows").fetchone()


async def test_request_of_a_foreign_page_without_an_origin_is_refused(client: httpx2.AsyncClient) -> None:
    """As an image or a link of another site sends it."""
    for site, status in (("cross-site", 403), ("same-origin", 200), ("same-site", 200), ("none", 200)):
        found = await client.get(f"{V1}/workflows", headers={"sec-fetch-site": site})
        assert found.status_code == status, site


async def test_answers_are_not_stored_and_not_guessed_at(client: httpx2.AsyncClient) -> None:
    for path, kept in ((f"{V1}/workflows", "no-store"), (f"{V1}/nowhere", "no-store"), ("/healthz", None)):
        found = await client.get(path)
        assert found.headers.get_list("x-content-type-options") == ["nosniff"], path
        assert found.headers.get("cache-control") == kept, path
    refused = await client.get(f"{V1}/workflows", headers={"host": "evil.example"})
    assert (refused.headers["x-content-type-options"], refused.headers["cache-control"]) == ("nosniff", "no-store")


@pytest.mark.parametrize("body", ['{"name": "a", "name": "b"}', '{"configuration": {"nodes": [], "nodes": []}}'])
async def test_field_that_is_named_twice_is_refused(client: httpx2.AsyncClient, body: str) -> None:
    refused = await client.post(f"{V1}/workflows", content=body, headers={"content-type": "application/json"})
    assert (refused.status_code, refused.json()["code"]) == (422, "INVALID_JSON")
    assert "twice" in refused.json()["detail"]


def test_json_of_too_many_values_is_refused_before_it_is_parsed() -> None:
    for body in ("[" + "[],{}," * 700_000 + "1]", b"[" + b"1," * 300_000 + b"1]"):
        with pytest.raises(Invalid, match="values"):
            read_json(body)
    assert read_json("[" + "1," * 1000 + "1]") == [1] * 1001


@pytest.mark.parametrize("boundary", ["x" * 300, "x" * 10_000, '"\\""', "é"])
async def test_odd_boundary_is_refused_with_a_sentence(client: httpx2.AsyncClient, boundary: str) -> None:
    made = await client.post(f"{V1}/knowledge-bases", json={"name": "Odd boundaries"})
    kind = f"multipart/form-data; boundary={boundary}".encode()
    address = f"{V1}/knowledge-bases/{made.json()['id']}/documents"
    refused = await client.post(address, content=b"--x\r\n", headers={b"content-type": kind})
    assert refused.status_code in {415, 422}, refused.text


async def test_too_many_wrong_tokens_close_their_own_address_for_a_while(guarded: Server) -> None:
    async with (
        at_address(guarded, "127.0.2.1", authorization="Bearer wrong") as guesser,
        at_address(guarded, "127.0.2.1", authorization=f"Bearer {TOKEN}") as neighbour,
        at_address(guarded, "127.0.2.2", authorization=f"Bearer {TOKEN}") as member,
        at_address(guarded, "127.0.2.1") as nobody,
    ):
        answers = [await guesser.get(f"{V1}/workflows") for _ in range(MOST_FAILURES + 20)]
        assert {answer.status_code for answer in answers[:MOST_FAILURES]} == {401}
        assert (answers[-1].status_code, answers[-1].json()["code"]) == (429, "OVERLOADED")
        wait = int(answers[-1].headers["retry-after"])
        assert 0 < wait <= 60
        assert (await member.get(f"{V1}/workflows")).status_code == 200
        assert (await nobody.get(f"{V1}/workflows")).status_code == 401
        async with asyncio.timeout(4 * wait + 30):
            while True:
                if (await neighbour.get(f"{V1}/workflows")).status_code == 200:
                    return
                await asyncio.sleep(0.1)


async def test_slash_too_many_is_no_redirect(client: httpx2.AsyncClient) -> None:
    answer = await client.get(f"{V1}/workflows/", headers={"x-forwarded-proto": "https"})
    assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND")
    assert "location" not in answer.headers


ODD_ADDRESSES = (
    "http://[", "http://[::1", "http://a:99999", "http://a:x", "http://", "http:///v1", "://", "http://a b", "http://é:é",
    "http://" + "a" * 70 + ".com", "http://" + "a." * 200 + "com", "http://xn--a", "http://%00", "http://a%zz/v1",
    "http://\ud800".encode("utf-16", "surrogatepass").decode("utf-16", "replace"), "http://a@b:c@d", "http://1.2.3.4.5:6:7",
    "http://0x7f.1", "\thttp://localhost\n", "http://localhost:8/?a#b", "javascript:alert(1)", "x" * 3000,
)  # fmt: skip


@pytest.mark.parametrize("address", ODD_ADDRESSES)
async def test_odd_address_of_a_model_server_is_a_clear_refusal(client: httpx2.AsyncClient, address: str) -> None:
    made = {"name": "odd", "provider": "openai_compatible", "key": "sk-x", "base_url": address}
    embedder = {"name": "odd", "embedder": {"provider": "openai_compatible", "model": "m", "base_url": address}}
    graph = graphs.asked(address)
    for path, body in (("credentials", made), ("knowledge-bases", embedder), ("workflows/validate", graph)):
        answer = await client.post(f"{V1}/{path}", json=body)
        assert answer.status_code < 500, (path, answer.text)
        if answer.status_code >= 400:
            assert len(answer.json()["detail"]) > 10
    workflow = await client.post(f"{V1}/workflows", json={"name": "odd", "configuration": graph})
    assert workflow.status_code < 500
    if workflow.status_code == 201:
        run = await client.post(f"{V1}/workflows/{workflow.json()['id']}/runs", json={"input": "x"})
        assert run.status_code < 500
