"""The whole of it: the first visit, a stack at work, a component that only the server knows, tokens, and axe."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.chat import asked, model
from tests.e2e.editor import Editor, Stacks
from tests.e2e.fate import Fate
from tests.e2e.seeing import grave
from tests.e2e.test_building import placed, row
from tests.support.graphs import edge, graph
from tests.support.server import Server

Opened = Callable[..., Editor]

SHOUT = '''"""Says it louder."""

from dataclasses import dataclass

from genai_stack.engine.forms import form_field
from genai_stack.engine.node import NodeConfig, NodeType
from genai_stack.engine.ports import Text
from genai_stack.nodes.context import NodeContext


class Config(NodeConfig):
    marks: int = form_field(1, "number", title="Exclamation marks", help="How many.", ge=0, le=9)


@dataclass(frozen=True, slots=True)
class Inputs:
    text: Text


@dataclass(frozen=True, slots=True)
class Outputs:
    loud: Text


class Shout(NodeType[Config, Inputs, Outputs, NodeContext]):
    """Says the same in capitals."""

    type = "shout"
    title = "Shout"
    category = "Fun"
    icon = "zap"

    async def run(self, config: Config, inputs: Inputs, tools: NodeContext) -> Outputs:
        return Outputs(inputs.text.upper() + "!" * config.marks)
'''


@contextmanager
def scripts(page: Page) -> Iterator[list[int]]:
    """The bytes of JavaScript as they come over the wire, compressed; headers are not scripts."""
    sizes: list[int] = []
    page.on(
        "response",
        lambda answer: (
            sizes.append(int(answer.headers.get("content-length", "0"))) if answer.url.endswith(".js") else None
        ),
    )
    yield sizes


def test_the_first_visit_is_small_and_has_an_example_that_answers_in_one_click(page: Page, tmp_path: Path):
    server = Server(tmp_path).start()
    try:
        with scripts(page) as sizes:
            page.goto(server.url)
            expect(page).to_have_url(re.compile("/stacks/"))
            expect(page.locator(".react-flow__node")).to_have_count(4)
            expect(page.get_by_label("Your question")).not_to_be_empty()
            page.get_by_role("button", name="Send").click()
            expect(page.get_by_test_id("node-llm-1")).to_contain_text("Done", timeout=60_000)
            page.wait_for_timeout(2000)
        assert 50_000 < sum(sizes) <= 260_000
        expect(page.get_by_role("log", name="Conversation")).not_to_contain_text("I have no documents")
        page.goto(server.url)
        expect(page.get_by_role("heading", name="My stacks")).to_be_visible()
    finally:
        server.stop()


def test_nodes_show_how_they_stand_while_a_run_goes_on(page: Page, stacks: Stacks, fate: Fate):
    with model(tokens=40, gap_ms=40, ttft_ms=300) as fake:
        configuration = asked(fake.base_url)
        for place, one in enumerate(configuration["nodes"]):
            one["position"] = {"x": place * 330, "y": 0}
        at = Editor(page, stacks, stacks.make(configuration)["id"]).open()
        at.press("ControlOrMeta+Enter")
        page.get_by_label("Your question").fill("Go")
        page.keyboard.press("Enter")
        llm = at.node("llm")
        expect(llm).to_have_attribute("data-status", "running")
        expect(llm).to_contain_text(re.compile(r"\d+\.\d s"))
        expect(at.node("q")).to_contain_text("Done")
        expect(at.node("o")).to_contain_text("Waiting")
        expect(page.locator(".edge-moving")).to_have_count(1)
        expect(page.get_by_test_id("run-status")).to_contain_text("llm: running")
        fate.strikes()
        expect(llm).to_have_attribute("data-status", "succeeded", timeout=60_000)
        expect(llm).to_contain_text("tokens")
        expect(page.locator(".edge-moving")).to_have_count(0)
        run = stacks.client.get(f"/workflows/{at.id}/runs").json()["items"][0]
        told = stacks.client.get(f"/runs/{run['id']}").json()["nodes"]
        for one in told:
            expect(at.node(one["id"])).to_have_attribute("data-status", one["status"])


def test_a_failure_is_seen_on_its_node(page: Page, stacks: Stacks):
    with model() as fake:
        at = Editor(page, stacks, stacks.make(asked(fake.base_url))["id"])
        stacks.run(at.id, "FAIL400")
        at.open()
        expect(at.node("llm")).to_have_attribute("data-status", "failed")
        expect(at.node("llm")).to_contain_text("Failed")
        expect(at.node("o")).to_contain_text("Skipped")


def test_a_component_that_only_the_server_knows_is_found_set_and_connected(
    page: Page, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    more = tmp_path / "more"
    more.mkdir()
    (more / "shout.py").write_text(SHOUT)
    start = tmp_path / "start"
    start.mkdir()
    line = f"import genai_stack.nodes\ngenai_stack.nodes.__path__.append({str(more)!r})\n"
    (start / "sitecustomize.py").write_text(line)
    monkeypatch.setenv("PYTHONPATH", str(start))
    server = Server(tmp_path).start()
    try:
        stacks = Stacks(server.url)
        direct = graph(
            [placed("query", "q", 0, 0), placed("output", "o", 700, 0)], [edge("q", "text", "o", "answer", "e")]
        )
        at = Editor(page, stacks, stacks.make(direct)["id"]).open()
        page.get_by_label("Search components").fill("shout")
        page.get_by_test_id("library-shout").click()
        at.press("Escape")
        expect(at.node("shout-1")).to_contain_text("Shout")
        at.press("1")
        page.wait_for_timeout(800)  # the view moves there
        at.connect(("q", "text"), ("shout-1", "text"))
        at.connect(("shout-1", "loud"), ("o", "answer"))
        at.node("shout-1").get_by_text("Shout", exact=True).click()
        page.get_by_label("Exclamation marks").fill("3")
        expect(at.node("shout-1")).to_contain_text("Exclamation marks")
        assert at.wires() == {("q", "text", "shout-1", "text"), ("shout-1", "loud", "o", "answer")}
        assert stacks.run(at.id, "hello")["answer"] == "HELLO!!!"
    finally:
        server.stop()


def test_a_guarded_server_is_asked_for_its_token_once(page: Page, tmp_path: Path):
    server = Server(tmp_path, token="let-me-in-with-a-long-token").start()
    try:
        page.goto(server.url)
        page.get_by_label("Token", exact=True).fill("wrong")
        page.keyboard.press("Enter")
        expect(page.get_by_text("The server rejected this token.")).to_be_visible()
        page.get_by_label("Token", exact=True).fill("let-me-in-with-a-long-token")
        page.keyboard.press("Enter")
        expect(page.locator(".react-flow__node")).to_have_count(4)
        page.reload()
        expect(page.locator(".react-flow__node")).to_have_count(4)
        expect(page.get_by_label("Token", exact=True)).to_be_hidden()
    finally:
        server.stop()


def test_my_stacks_stays_small(page: Page, stacks: Stacks):
    with scripts(page) as sizes:
        page.goto(stacks.url)
        expect(page.get_by_role("heading", name="My stacks")).to_be_visible()
        page.wait_for_timeout(2000)
    assert 50_000 < sum(sizes) <= 200_000


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_serious(page: Page, stacks: Stacks, theme: str):
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")  # type: ignore[arg-type]
    broken = row()
    broken["nodes"][1]["data"]["config"] = {"provider": "openai"}  # type: ignore[index]
    made = stacks.make(broken, name="Looked at")
    page.goto(stacks.url)
    expect(page.get_by_role("link", name="Looked at").first).to_be_visible()
    assert grave(page) == []
    at = Editor(page, stacks, made["id"]).open(node="llm")
    expect(page.get_by_label("Instructions")).to_be_visible()
    assert grave(page) == []
    page.get_by_role("tab", name="Last run").click()
    assert grave(page) == []
    at.press("Escape")
    page.get_by_role("button", name=re.compile("problems")).click()
    assert grave(page) == []
    page.get_by_role("button", name="Runs", exact=True).click()
    assert grave(page) == []
    at.canvas.click(position={"x": 300, "y": 650})
    at.press("/")
    expect(page.get_by_role("combobox", name="Add a component")).to_be_visible()
    assert grave(page) == []
    at.press("Escape", "?")
    assert grave(page) == []
    at.press("Escape")
    page.get_by_role("button", name="Show the outline").click()
    expect(page.get_by_role("table")).to_be_visible()
    assert grave(page) == []
