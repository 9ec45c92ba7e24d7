"""The whole story, with the mouse and with the keyboard alone: undisturbed, and the server killed in every answer."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import FilePayload, Locator, Page, expect

from tests.e2e.chat import model, words
from tests.e2e.editor import Editor, Stacks
from tests.e2e.fate import FATES, Fate, free_port
from tests.fakes.openai_server import OpenAIServer
from tests.support.files import pdf
from tests.support.server import Server

READY = 60_000  # milliseconds
WIRES = {
    ("query-1", "text", "knowledge_base-1", "query"),
    ("query-1", "text", "llm-1", "prompt"),
    ("knowledge_base-1", "context", "llm-1", "context"),
    ("llm-1", "answer", "output-1", "answer"),
}
BEES: FilePayload = {"name": "bees.pdf", "mimeType": "application/pdf", "buffer": pdf("Bees dance.", "Whales sing.")}


@pytest.fixture(params=FATES)
def fate(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Fate]:
    """A new server, which nobody has visited."""
    server = Server(tmp_path, port=free_port())
    try:
        yield Fate(server.start(), request.param)
    finally:
        server.stop()


class Person:
    """At an editor with its chat; what is clicked and what is typed is each story's own."""

    def __init__(self, page: Page, fate: Fate, fake: OpenAIServer) -> None:
        self.page, self.fate, self.fake = page, fate, fake

    @property
    def box(self) -> Locator:
        return self.page.get_by_label("Your question")

    @property
    def answer(self) -> Locator:
        return self.page.get_by_test_id("answer").last

    @property
    def text(self) -> Locator:
        return self.answer.locator(".answer")

    @property
    def undo(self) -> Locator:
        return self.page.get_by_role("button", name="Undo", exact=True)

    @property
    def redo(self) -> Locator:
        return self.page.get_by_role("button", name="Redo", exact=True)

    def phase(self, name: str) -> None:
        expect(self.answer).to_have_attribute("data-phase", name, timeout=READY)

    def visit(self) -> None:
        self.page.goto(self.fate.server.url)
        expect(self.page.locator(".react-flow__node")).to_have_count(4)
        expect(self.box).not_to_be_empty()

    def sees_the_example_answered(self) -> None:
        expect(self.answer).not_to_have_attribute("data-phase", "sending", timeout=READY)
        self.fate.strikes()
        self.phase("done")
        expect(self.page.get_by_test_id("node-llm-1")).to_contain_text("Done")
        expect(self.text).not_to_contain_text("I have no documents")
        expect(self.answer.get_by_label("Sources").get_by_role("button").first).to_be_visible()

    def arrives(self) -> Editor:
        """At a new stack that is empty."""
        self.page.wait_for_url(re.compile(r"/stacks/[0-9a-f-]+$"))
        expect(self.page.get_by_text("An empty canvas")).to_be_visible()
        return Editor(self.page, Stacks(self.fate.server.url), self.page.url.split("/stacks/")[1])

    def asks(self, question: str, tokens: int, gap_ms: float) -> None:
        """With the keyboard: so everybody does."""
        self.fake.tokens, self.fake.gap_ms = tokens, gap_ms
        expect(self.box).to_be_focused()
        self.page.keyboard.type(question)
        self.page.keyboard.press("Enter")

    def sees_thinking_streaming_and_sources(self) -> None:
        self.asks("THINK: what do bees do?", tokens=3, gap_ms=1_000)
        thoughts = self.answer.get_by_test_id("thoughts")
        expect(thoughts).to_contain_text("Let me", timeout=READY)
        self.fate.strikes()
        expect(self.text).to_contain_text("tok0", timeout=READY)
        expect(thoughts).not_to_contain_text("Let me")
        expect(thoughts).to_contain_text(re.compile(r"Thought for \d+ s"))
        self.fate.strikes()
        self.phase("done")
        expect(self.text).to_have_text(words(3))
        expect(self.answer.get_by_label("Sources").get_by_role("button").first).to_contain_text("bees.pdf")

    def begins_a_long_answer(self, tokens: int) -> None:
        self.asks("Count", tokens=tokens, gap_ms=50)
        expect(self.text).to_contain_text("tok10 ", timeout=READY)
        self.fate.strikes()

    def takes_everything_back_and_does_it_again(self, at: Editor) -> None:
        """With the keyboard: it is the same step as the button's."""
        while self.undo.is_enabled():
            self.page.keyboard.press("ControlOrMeta+z")
        assert at.saved()["nodes"] == []
        while self.redo.is_enabled():
            self.page.keyboard.press("ControlOrMeta+Shift+z")
        assert at.wires() == WIRES
        assert at.stacks.get(at.id)["problems"] == []

    def saw_every_answer_once(self, at: Editor) -> None:
        """The server has what the person saw: one answer to each question, and the second one whole."""
        session = at.stacks.client.get(f"/workflows/{at.id}/sessions").json()["items"][0]
        kept = at.stacks.client.get(f"/sessions/{session['id']}/messages").json()["items"]
        assert [one["role"] for one in kept] == ["user", "assistant"] * 3
        assert [one["content"].strip() for one in kept[1:4:2]] == [words(3), words(40)]
        assert [one["metadata"]["status"] for one in kept[1::2]] == ["succeeded", "succeeded", "cancelled"]


def test_the_whole_story(page: Page, fate: Fate):
    with model(ttft_ms=200) as fake:
        person = Person(page, fate, fake)
        person.visit()
        page.get_by_role("button", name="Send").click()
        person.sees_the_example_answered()

        page.goto(fate.server.url)
        page.get_by_role("button", name="New stack").click()
        at = person.arrives()
        for kind, x, y in (("query", 390, 400), ("knowledge_base", 660, 220), ("llm", 660, 560), ("output", 930, 400)):
            at.drop(kind, x, y)
        at.press("Escape")
        at.connect(("knowledge_base-1", "context"), ("llm-1", "prompt"), release=False)
        expect(page.get_by_test_id("why-not")).to_have_text("Needs text, gets documents")
        page.mouse.up()
        expect(at.edges()).to_have_count(0)
        for source, output, target, port in sorted(WIRES):
            at.connect((source, output), (target, port))

        at.node("knowledge_base-1").click()
        page.get_by_label("Files to add").set_input_files([BEES])
        expect(page.get_by_test_id("document")).to_have_attribute("data-status", "ready", timeout=READY)
        at.node("llm-1").click()
        page.get_by_label("Provider").select_option("openai_compatible")
        page.get_by_label("Server address").fill(fake.base_url)
        page.get_by_label("Model", exact=True).fill("fake")
        assert at.wires() == WIRES
        at.press("Tab")
        person.takes_everything_back_and_does_it_again(at)

        page.get_by_role("button", name="Chat with stack").click()
        person.sees_thinking_streaming_and_sources()
        person.begins_a_long_answer(tokens=40)
        page.reload()
        page.get_by_role("button", name="Chat with stack").click()
        person.phase("done")
        expect(person.text).to_have_text(words(40))
        expect(page.get_by_test_id("answer")).to_have_count(2)
        person.begins_a_long_answer(tokens=400)
        expect(person.text).to_contain_text("tok10 ", timeout=READY)
        page.get_by_role("button", name="Stop").click()
        person.phase("stopped")
        expect(person.text).to_contain_text("tok10 ")
        person.saw_every_answer_once(at)

        page.get_by_role("button", name="Close the chat").click()
        at.node("llm-1").get_by_text("LLM Engine").click()
        page.get_by_label("Model", exact=True).fill("")
        expect(at.node("llm-1")).to_contain_text("It has no model. Name one.")
        at.node("query-1").get_by_text("User Query").click()
        at.press("Delete")
        expect(at.node("llm-1")).to_contain_text(re.compile(r"\(\+\d\)"))
        page.get_by_role("button", name=re.compile(r"problems")).click()
        expect(page.get_by_role("complementary", name="Problems").get_by_role("listitem").first).to_be_visible()
        while person.undo.is_enabled():
            person.undo.click()
        assert at.wires() == WIRES
        assert at.stacks.get(at.id)["problems"] == []


def test_the_whole_story_with_the_keyboard_alone(page: Page, fate: Fate):
    with model(ttft_ms=200) as fake:
        person = Person(page, fate, fake)
        person.visit()
        expect(person.box).to_be_focused()
        page.keyboard.press("Enter")
        person.sees_the_example_answered()

        _palette(page, "ControlOrMeta+k", "My stacks")
        _reach(page, page.get_by_role("button", name="New stack"))
        page.keyboard.press("Enter")
        at = person.arrives()
        for word in ("query", "knowledge", "llm", "output"):
            _palette(page, "/", word)
        expect(page.locator(".react-flow__node")).to_have_count(4)
        _reach(page, _node(page, "knowledge_base-1"))
        page.keyboard.press("Enter")
        _reach(page, _node(page, "knowledge_base-1").get_by_role("button", name=re.compile("Output Context")))
        page.keyboard.press("Enter")
        page.keyboard.type("prompt")
        expect(page.get_by_text("There is nothing that fits here.")).to_be_visible()
        page.keyboard.press("Escape")
        for node, port, to in (
            ("query-1", "Text", "knowledge base query"),
            ("query-1", "Text", "llm engine prompt"),
            ("knowledge_base-1", "Context", "llm engine context"),
            ("llm-1", "Answer", "output answer"),
        ):
            _reach(page, _node(page, node))
            page.keyboard.press("Enter")
            _reach(page, _node(page, node).get_by_role("button", name=re.compile(f"Output {port}")))
            _palette(page, "Enter", to)
        assert at.wires() == WIRES

        _reach(page, _node(page, "knowledge_base-1"))
        page.keyboard.press("Enter")
        _reach(page, page.get_by_role("button", name="Choose files"))
        with page.expect_file_chooser() as chooser:
            page.keyboard.press("Enter")
        chooser.value.set_files([BEES])
        expect(page.get_by_test_id("document")).to_have_attribute("data-status", "ready", timeout=READY)
        _reach(page, _node(page, "llm-1"))
        page.keyboard.press("Enter")
        _reach(page, page.get_by_label("Provider"))
        page.keyboard.press("ArrowUp")
        for field, text in (("Model", "fake"), ("Server address", fake.base_url)):
            _reach(page, page.get_by_label(field, exact=True))
            page.keyboard.type(text)
        assert at.wires() == WIRES
        _reach(page, _node(page, "llm-1"))
        person.takes_everything_back_and_does_it_again(at)

        page.keyboard.press("ControlOrMeta+Enter")
        person.sees_thinking_streaming_and_sources()
        person.begins_a_long_answer(tokens=40)
        page.reload()
        expect(page.get_by_test_id("zoom")).to_be_attached()
        page.keyboard.press("ControlOrMeta+Enter")
        person.phase("done")
        expect(person.text).to_have_text(words(40))
        person.begins_a_long_answer(tokens=400)
        expect(person.text).to_contain_text("tok10 ", timeout=READY)
        page.keyboard.press("Escape")
        person.phase("stopped")
        person.saw_every_answer_once(at)

        page.keyboard.press("Escape")
        expect(page.get_by_test_id("chat")).to_be_hidden()
        _reach(page, _node(page, "query-1"))
        page.keyboard.press("Enter")
        page.keyboard.press("Delete")
        expect(page.get_by_test_id("node-llm-1")).to_contain_text("Prompt")
        expect(page.get_by_role("button", name=re.compile("problem"))).to_be_visible()
        page.keyboard.press("ControlOrMeta+z")
        assert at.wires() == WIRES
        assert at.stacks.get(at.id)["problems"] == []


def _node(page: Page, node_id: str) -> Locator:
    return page.locator(f'.react-flow__node[data-id="{node_id}"]')


def _reach(page: Page, what: Locator) -> None:
    """By Tab alone."""
    expect(what).to_be_attached()
    for _ in range(150):
        if what.evaluate("one => one === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab does not lead to {what}")


def _palette(page: Page, key: str, text: str) -> None:
    """Opens a list with a key, types, and takes the first that is left."""
    box = page.get_by_role("dialog").get_by_role("combobox")
    page.keyboard.press(key)
    expect(box).to_be_focused()
    page.keyboard.type(text)
    page.keyboard.press("Enter")
    expect(box).to_be_hidden()
