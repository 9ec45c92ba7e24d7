"""What Prometheus reads of the real server, and that the dashboard and the documentation speak of just that."""

import json
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx2
import pytest
from cryptography.fernet import Fernet
from prometheus_client.parser import text_string_to_metric_families

from tests.fakes.openai_server import OpenAIServer
from tests.support import files, graphs, talk
from tests.support.postgres import Postgres
from tests.support.server import Server
from tests.support.talk import V1, until

ROOT = Path(__file__).resolve().parents[4]
DASHBOARD = ROOT / "dashboards" / "genai-stack.json"
TOKEN = "a-long-random-word-of-this-test"
DURATIONS = "http_request_duration_seconds_count"

SOURCES = ("index", "sql", "nothing")

Labels = dict[str, str]


class Page:
    """The samples of a page, by name."""

    def __init__(self, text: str) -> None:
        self.families = {family.name: family.type for family in text_string_to_metric_families(text)}
        self.samples: dict[str, list[tuple[Labels, float]]] = {}
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                self.samples.setdefault(sample.name, []).append((sample.labels, sample.value))

    def value(self, name: str, **labels: str) -> float:
        """The sum over what has these labels."""
        return sum(value for found, value in self.samples.get(name, []) if labels.items() <= found.items())

    def labels(self, name: str) -> set[str]:
        return {label for found, _ in self.samples[name] for label in found}


async def page_of(server: Server) -> Page:
    async with httpx2.AsyncClient(base_url=server.url) as prometheus:
        answer = await prometheus.get("/metrics", headers={"host": "genai-stack-api.internal:8000"})
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    return Page(answer.text)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def counted(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    settings = {"token": TOKEN, "example": "false"}
    if request.param == "postgresql":
        settings["database_url"] = request.getfixturevalue("postgres").migrated()
    server = Server(tmp_path_factory.mktemp(str(request.param)), **settings)
    try:
        yield server.start()
    finally:
        server.stop()


@pytest.fixture
async def member(counted: Server) -> AsyncIterator[httpx2.AsyncClient]:
    async with counted.client() as opened:
        yield opened


async def test_the_page_needs_neither_a_token_nor_a_listed_host(counted: Server) -> None:
    page = await page_of(counted)
    assert page.value("genai_stack_info") == 1
    assert page.value("genai_stack_database_up") == 1


async def test_requests_are_counted_by_their_route_and_never_by_their_path(
    counted: Server, member: httpx2.AsyncClient
) -> None:
    before = await page_of(counted)
    workflow = await talk.saved(member, graphs.echo())
    for path in (f"/workflows/{workflow}", f"/workflows/{workflow}?x=1", "/workflows/not-an-id"):
        await member.get(f"{V1}{path}")
    for path in (f"{V1}/nowhere/{workflow}", f"{V1}", "/.env", f"/{workflow}.php", "/metrics"):
        await member.get(path)
    await member.request("BREW", "/stacks")
    async with httpx2.AsyncClient(base_url=counted.url) as stranger:
        await stranger.get(f"{V1}/workflows/{workflow}")
        await stranger.get(f"{V1}/workflows/{workflow}", headers={"host": "evil.example"})
    after = await page_of(counted)

    def grown(**labels: str) -> float:
        name = "http_requests_total"
        return after.value(name, method="GET", **labels) - before.value(name, method="GET", **labels)

    route = f"{V1}/workflows/{{workflow_id}}"
    assert [grown(route=route, status=status) for status in ("200", "422", "401")] == [2, 1, 1]
    assert grown(route="unmatched", status="404") == 3
    assert grown(route="pages", status="200") == 1
    assert grown(route="unmatched", status="421") == 1
    assert grown(route="/metrics", status="200") == 2  # those of `before`, and of the list
    assert after.value(DURATIONS, route=route) - before.value(DURATIONS, route=route) == 4
    assert workflow not in repr(after.samples)
    assert after.value("http_requests_in_progress") == 1  # this page's own


async def test_a_stream_counts_until_it_begins_and_is_in_progress_until_it_ends(
    counted: Server, member: httpx2.AsyncClient, model: OpenAIServer
) -> None:
    async def in_progress_and_ended() -> tuple[float, float]:
        page = await page_of(counted)
        return page.value("http_requests_in_progress"), page.value(DURATIONS, route=f"{V1}/runs/{{run_id}}/events")

    run = await talk.begun(member, await talk.saved(member, graphs.asked(model.base_url)), "HANG")
    async with member.stream("GET", f"{V1}/runs/{run}/events") as response:
        assert response.status_code == 200
        assert await in_progress_and_ended() == (2, 0)
        await member.post(f"{V1}/runs/{run}/cancel")
        await response.aread()

    async def over() -> bool:
        return await in_progress_and_ended() == (1, 1)

    await until(over)


async def test_open_sockets_are_counted_by_kind(counted: Server, member: httpx2.AsyncClient) -> None:
    async def open_now(chats: float, runs: float) -> bool:
        page = await page_of(counted)
        name = "genai_stack_sockets"
        return (page.value(name, kind="chat"), page.value(name, kind="run")) == (chats, runs)

    session = await talk.session_of(member, await talk.saved(member, graphs.echo()))
    async with counted.socket(f"/sessions/{session}/chat"), counted.socket(f"/sessions/{session}/chat"):
        await until(lambda: open_now(2, 0))
    await until(lambda: open_now(0, 0))


async def test_runs_nodes_calls_and_tokens_are_counted(
    counted: Server, member: httpx2.AsyncClient, model: OpenAIServer
) -> None:
    async def running_are(number: float) -> bool:
        return (await page_of(counted)).value("genai_stack_runs", state="running") == number

    before = await page_of(counted)
    workflow = await talk.saved(member, graphs.asked(model.base_url))
    waiting = await talk.begun(member, workflow, "HANG")
    await until(lambda: model.open == 1)
    await until(lambda: running_are(1))
    await member.post(f"{V1}/runs/{waiting}/cancel")
    await talk.ended(member, waiting)
    for query in ("Hello", "FAIL503x1", "FAIL401"):
        await talk.asked(member, workflow, query)
    after = await page_of(counted)

    def grown(name: str, **labels: str) -> float:
        return after.value(name, **labels) - before.value(name, **labels)

    await until(lambda: running_are(0))
    ended = {
        status: grown("genai_stack_runs_ended_total", status=status) for status in ("succeeded", "failed", "cancelled")
    }
    assert ended == {"succeeded": 2, "failed": 1, "cancelled": 1}
    assert grown("genai_stack_runs_started_total", attempt="first") == 4
    assert grown("genai_stack_run_wait_seconds_count") == 4
    nodes = "genai_stack_node_duration_seconds_count"
    assert [grown(nodes, type="llm", outcome=outcome) for outcome in ("finished", "failed")] == [2, 1]
    calls = [
        grown("genai_stack_model_calls_total", provider="openai_compatible", outcome=outcome)
        for outcome in ("succeeded", "provider_refused", "cancelled")
    ]
    assert calls == [2, 1, 1]
    assert grown("genai_stack_model_retries_total", provider="openai_compatible") == 1
    assert grown("genai_stack_model_first_token_seconds_count", model="fake") == 2
    tokens = [grown("genai_stack_tokens_total", model="fake", kind=kind) for kind in ("prompt", "completion")]
    assert tokens == [20, 10]
    assert grown("genai_stack_journal_commit_events_sum") > 20


async def test_documents_and_searches_are_counted(counted: Server, member: httpx2.AsyncClient) -> None:
    before = await page_of(counted)
    workflow = await talk.saved(member, graphs.echo())
    taken = ("a.txt", b"Whales are mammals. " * 40), ("b.pdf", b"%PDF-1.7 and nothing else")
    documents = await files.taken_in(member, f"{V1}/workflows/{workflow}/documents", *taken)
    assert [document["status"] for document in documents] == ["ready", "failed"]
    base = documents[0]["knowledge_base_id"]
    found = await member.post(f"{V1}/knowledge-bases/{base}/search", json={"query": "whales"})
    assert found.json()["items"]
    await member.post(f"{V1}/knowledge-bases/{base}/search", json={"query": " "})
    after = await page_of(counted)

    def grown(name: str, **labels: str) -> float:
        return after.value(name, **labels) - before.value(name, **labels)

    outcomes = [grown("genai_stack_documents_total", outcome=outcome) for outcome in ("ready", "failed", "deleted")]
    assert outcomes == [1, 1, 0]
    assert grown("genai_stack_ingestion_duration_seconds_count") == 2
    assert grown("genai_stack_passages_total") == documents[0]["chunks"]
    searches = {source: grown("genai_stack_retrieval_duration_seconds_count", source=source) for source in SOURCES}
    assert (searches["index"] + searches["sql"], searches["nothing"]) == (1, 1)  # which of the two: as it comes


async def test_a_worker_tells_what_it_did_and_how_all_stand(
    postgres: Postgres, tmp_path: Path, model: OpenAIServer
) -> None:
    shared = {
        "dispatch": "distributed",
        "database_url": postgres.migrated(),
        "example": "false",
        "worker_private_upstreams": "true",
    }
    shared["secret_key"] = Fernet.generate_key().decode()
    (tmp_path / "worker").mkdir()
    server, worker = Server(tmp_path, **shared), Server(tmp_path / "worker", **shared)
    worker.command = "worker"
    try:
        server.start()
        async with server.client() as client:
            run = await talk.begun(client, await talk.saved(client, graphs.asked(model.base_url)))
            page = await page_of(server)
            assert page.value("genai_stack_queue_depth", queue="runs") == 1
            worker.start()
            assert (await talk.ended(client, run))["status"] == "succeeded"
        asked, done = await page_of(server), await page_of(worker)
        ended = [page.value("genai_stack_runs_ended_total", status="succeeded") for page in (asked, done)]
        assert ended == [0, 1]
        assert done.value("genai_stack_tokens_total", kind="completion") == 5
        assert set(asked.families) == set(done.families)
    finally:
        server.stop()
        worker.stop()


async def test_the_dashboard_shows_what_is_there_and_everything_of_it(
    counted: Server, member: httpx2.AsyncClient, model: OpenAIServer
) -> None:
    await _traffic(member, model)
    page = await page_of(counted)
    board = json.loads(DASHBOARD.read_text())
    assert (board["uid"], board["schemaVersion"] >= 39) == ("genai-stack", True)
    variables = {variable["name"]: variable for variable in board["templating"]["list"]}
    assert variables["datasource"]["type"] == "datasource"
    panels = [panel for panel in board["panels"] if panel["type"] != "row"]
    assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"])
    shown: set[str] = set()
    for panel in panels:
        assert panel["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
        assert panel["targets"], panel["title"]
        for target in panel["targets"]:
            shown |= _check(target["expr"], page)
    for variable in variables.values():
        if variable["type"] == "query":
            _check(variable["definition"].removeprefix("label_values(").rpartition(",")[0], page)
    own = {name for name in page.samples if name.startswith(("http_", "genai_stack_"))}
    bare = {re.sub(r"_(bucket|count|sum)$", "", name) for name in own}
    assert bare <= {re.sub(r"_(bucket|count|sum)$", "", name) for name in shown}


def _check(expression: str, page: Page) -> set[str]:
    """The metrics of an expression: each is on the page, with the labels that are asked for."""
    added = {"job", "instance"}  # by Prometheus
    bare = re.sub(r'"[^"]*"', '""', expression)
    names = set(re.findall(r"\b((?:http|genai_stack|process)_\w+)\b", bare))
    assert names, expression
    for name in names:
        assert name in page.samples, f"{name} in {expression}"
        labels = page.labels(name) | added
        grouped = {label.strip() for group in re.findall(r"\bby \(([^)]*)\)", bare) for label in group.split(",")}
        chosen = {
            label.strip()
            for chosen in re.findall(rf"\b{name}{{([^}}]*)}}", bare)
            for label in re.findall(r"(\w+)\s*[=!]", chosen)
        }
        assert grouped | chosen <= labels, f"{(grouped | chosen) - labels} of {name} in {expression}"
    assert bare.count("(") == bare.count(")"), expression
    return names


async def test_every_metric_is_documented_and_nothing_else(
    counted: Server, member: httpx2.AsyncClient, model: OpenAIServer
) -> None:
    await _traffic(member, model)
    page = await page_of(counted)
    rows = re.findall(
        r"^\| (`[^|]*`[^|]*)\|", (ROOT / "docs" / "metrics.md").read_text().split("## Logs")[0], re.MULTILINE
    )
    documented: dict[str, set[str]] = {}
    for row in rows:
        labels = re.search(r"\{([^}]*)\}", row)
        for name in re.findall(r"`(\w+)`", row):
            documented[name] = set(labels[1].replace(" ", "").split(",")) if labels else set()
    told = {re.sub(r"_(bucket|count|sum)$", "", name) for name in page.samples}
    assert told == set(documented)
    for name, labels in documented.items():
        sample = name if name in page.samples else f"{name}_count"
        assert page.labels(sample) == labels, name


async def _traffic(member: httpx2.AsyncClient, model: OpenAIServer) -> None:
    """Something of everything."""
    workflow = await talk.saved(member, graphs.asked(model.base_url))
    await talk.asked(member, workflow, "FAIL503x1")
    (document,) = await files.taken_in(member, f"{V1}/workflows/{workflow}/documents", ("a.txt", b"Some words."))
    await member.post(f"{V1}/knowledge-bases/{document['knowledge_base_id']}/search", json={"query": "words"})
