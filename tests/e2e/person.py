"""A person who builds a stack and talks to it, with the mouse or with the keyboard alone."""

import re

from playwright.sync_api import FilePayload, Locator, Page, expect

from tests.e2e.chat import words
from tests.e2e.editor import Editor, Stacks
from tests.e2e.fate import Fate
from tests.fakes.openai_server import OpenAIServer
from tests.support.files import pdf

READY = 60_000  # milliseconds
WIRES = {
    ("query-1", "text", "knowledge_base-1", "query"),
    ("query-1", "text", "llm-1", "prompt"),
    ("knowledge_base-1", "context", "llm-1", "context"),
    ("llm-1", "answer", "output-1", "answer"),
}
BEES: FilePayload = {"name": "bees.pdf", "mimeType": "application/pdf", "buffer": pdf("Bees dance.", "Whales sing.")}


class Person:
    """At an editor with its chat. With which device, the subclasses know."""

    at: Editor

    def __init__(self, page: Page, fate: Fate, fake: OpenAIServer) -> None:
        self.page, self.fate, self.fake = page, fate, fake

    # What is done

    def sends_the_question_that_stands_there(self) -> None:
        raise NotImplementedError

    def begins_a_stack(self) -> None:
        raise NotImplementedError

    def adds_four_nodes(self) -> None:
        raise NotImplementedError

    def tries_a_wrong_edge_and_is_told_why(self) -> None:
        raise NotImplementedError

    def wires(self) -> None:
        raise NotImplementedError

    def adds_a_document(self) -> None:
        raise NotImplementedError

    def configures_the_model(self) -> None:
        raise NotImplementedError

    def opens_the_chat(self) -> None:
        raise NotImplementedError

    def stops_the_answer(self) -> None:
        raise NotImplementedError

    def closes_the_chat(self) -> None:
        raise NotImplementedError

    def deletes_the_query(self) -> None:
        raise NotImplementedError

    def steps_back(self) -> None:
        raise NotImplementedError

    def steps_forward(self) -> None:
        raise NotImplementedError

    # What is done with the keyboard by everybody, and seen

    @property
    def box(self) -> Locator:
        return self.page.get_by_label("Your question")

    @property
    def answer(self) -> Locator:
        return self.page.get_by_test_id("answer").last

    @property
    def text(self) -> Locator:
        return self.answer.locator(".answer")

    def phase(self, name: str) -> None:
        expect(self.answer).to_have_attribute("data-phase", name, timeout=READY)

    def visits(self) -> None:
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

    def arrives(self) -> None:
        """At a new stack that is empty."""
        self.page.wait_for_url(re.compile(r"/stacks/[0-9a-f-]+$"))
        expect(self.page.get_by_text("An empty canvas")).to_be_visible()
        self.at = Editor(self.page, Stacks(self.fate.server.url), self.page.url.split("/stacks/")[1])

    def asks(self, question: str, tokens: int, gap_ms: float) -> None:
        self.fake.tokens, self.fake.gap_ms = tokens, gap_ms
        expect(self.box).to_be_focused()
        self.page.keyboard.type(question)
        self.page.keyboard.press("Enter")

    def sees_thinking_streaming_and_sources(self) -> None:
        self.asks("THINK: what do bees do?", tokens=3, gap_ms=700)
        thoughts = self.answer.get_by_test_id("thoughts")
        expect(thoughts).to_contain_text("Let me", timeout=READY)
        self.fate.strikes()
        expect(self.text).to_contain_text("tok0", timeout=READY)
        expect(thoughts).not_to_contain_text("Let me")
        expect(thoughts).to_contain_text(re.compile(r"Thought for \d+ s"))
        self.phase("done")
        expect(self.text).to_have_text(words(3))
        sources = self.answer.get_by_label("Sources")
        sources.get_by_role("button", name=re.compile("found, not cited")).click()
        expect(sources.get_by_role("list").get_by_role("button").first).to_contain_text("bees.pdf")
        self.box.focus()

    def begins_a_long_answer(self, tokens: int) -> None:
        self.asks("Count", tokens=tokens, gap_ms=50)
        expect(self.text).to_contain_text("tok10 ", timeout=READY)
        self.fate.strikes()

    def reloads(self) -> None:
        self.page.reload()
        expect(self.page.get_by_test_id("zoom")).to_be_attached()
        self.opens_the_chat()
        self.phase("done")
        expect(self.text).to_have_text(words(40))
        expect(self.page.get_by_test_id("answer")).to_have_count(2)

    def saw_every_answer_once(self) -> None:
        """The server has what the person saw: one answer to each question, and the second one whole."""
        client = self.at.stacks.client
        session = client.get(f"/workflows/{self.at.id}/sessions").json()["items"][0]
        kept = client.get(f"/sessions/{session['id']}/messages").json()["items"]
        assert [one["role"] for one in kept] == ["user", "assistant"] * 3
        assert [one["content"].strip() for one in kept[1:4:2]] == [words(3), words(40)]
        assert [one["metadata"]["status"] for one in kept[1::2]] == ["succeeded", "succeeded", "cancelled"]

    def takes_everything_back(self) -> None:
        undo = self.page.get_by_role("button", name="Undo", exact=True)
        while undo.is_enabled():
            self.steps_back()

    def does_everything_again(self) -> None:
        redo = self.page.get_by_role("button", name="Redo", exact=True)
        while redo.is_enabled():
            self.steps_forward()

    def has_it_whole(self) -> None:
        assert self.at.wires() == WIRES
        assert self.at.stacks.get(self.at.id)["problems"] == []


class Mouse(Person):
    def sends_the_question_that_stands_there(self) -> None:
        self.page.get_by_role("button", name="Send").click()

    def begins_a_stack(self) -> None:
        self.page.goto(self.fate.server.url)
        self.page.get_by_role("button", name="New stack").click()
        self.page.get_by_role("button", name="Blank stack").click()
        self.arrives()

    def adds_four_nodes(self) -> None:
        places = {"query": (390, 400), "knowledge_base": (660, 220), "llm": (660, 560), "output": (930, 400)}
        for kind, place in places.items():
            self.at.drop(kind, *place)
        self.at.press("Escape")

    def tries_a_wrong_edge_and_is_told_why(self) -> None:
        self.at.connect(("knowledge_base-1", "context"), ("llm-1", "prompt"), release=False)
        expect(self.page.get_by_test_id("why-not")).to_have_text("Needs text, gets documents")
        self.page.mouse.up()
        expect(self.at.edges()).to_have_count(0)

    def wires(self) -> None:
        for source, output, target, port in sorted(WIRES):
            self.at.connect((source, output), (target, port))

    def adds_a_document(self) -> None:
        self.at.node("knowledge_base-1").click()
        self.page.get_by_label("Files to add").set_input_files([BEES])

    def configures_the_model(self) -> None:
        self.at.node("llm-1").click()
        self.page.get_by_label("Provider").select_option("openai_compatible")
        self.page.get_by_label("Server address").fill(self.fake.base_url)
        self.page.get_by_label("Model", exact=True).fill("fake")

    def opens_the_chat(self) -> None:
        self.page.get_by_role("button", name="Run", exact=True).click()

    def stops_the_answer(self) -> None:
        self.page.get_by_role("button", name="Stop").click()

    def closes_the_chat(self) -> None:
        self.page.get_by_role("button", name="Close the chat").click()

    def deletes_the_query(self) -> None:
        self.at.node("query-1").get_by_text("User Query", exact=True).click()
        self.at.press("Delete")

    def steps_back(self) -> None:
        self.page.get_by_role("button", name="Undo", exact=True).click()

    def steps_forward(self) -> None:
        self.page.get_by_role("button", name="Redo", exact=True).click()


class Keyboard(Person):
    def sends_the_question_that_stands_there(self) -> None:
        expect(self.box).to_be_focused()
        self.page.keyboard.press("Enter")

    def begins_a_stack(self) -> None:
        self._picks("ControlOrMeta+k", "My stacks")
        self._reaches(self.page.get_by_role("button", name="New stack"))
        self.page.keyboard.press("Enter")
        expect(self.page.get_by_role("button", name="Blank stack")).to_be_focused()
        self.page.keyboard.press("Enter")
        self.arrives()

    def adds_four_nodes(self) -> None:
        for word in ("query", "knowledge", "llm", "output"):
            self._picks("/", word)

    def tries_a_wrong_edge_and_is_told_why(self) -> None:
        self._takes_port("knowledge_base-1", "Context")
        self.page.keyboard.press("Enter")
        self.page.keyboard.type("prompt")
        expect(self.page.get_by_text("Nothing can be connected here.")).to_be_visible()
        self.page.keyboard.press("Escape")

    def wires(self) -> None:
        """What was added one after the other is connected already, where one port fitted."""
        self._takes_port("query-1", "Text")
        self._picks("Enter", "llm engine prompt")

    def adds_a_document(self) -> None:
        # From here on: where a browser hears of it only as the key is pressed, it may open a dialog of its own.
        self.page.on("filechooser", lambda _: None)
        self._takes("knowledge_base-1")
        self._reaches(self.page.get_by_role("button", name="Choose files"))
        with self.page.expect_file_chooser() as chooser:
            self.page.keyboard.press("Enter")
        chooser.value.set_files([BEES])

    def configures_the_model(self) -> None:
        self._takes("llm-1")
        self._reaches(self.page.get_by_label("Provider"))
        self.page.keyboard.type("OpenAI-compatible")
        for field, text in (("Model", "fake"), ("Server address", self.fake.base_url)):
            self._reaches(self.page.get_by_label(field, exact=True))
            self.page.keyboard.type(text)
        self._takes("llm-1")

    def opens_the_chat(self) -> None:
        self.page.keyboard.press("ControlOrMeta+Enter")

    def stops_the_answer(self) -> None:
        self.page.keyboard.press("Escape")

    def closes_the_chat(self) -> None:
        self.page.keyboard.press("Escape")
        expect(self.box).not_to_be_focused()
        self.page.keyboard.press("Escape")

    def deletes_the_query(self) -> None:
        self._takes("query-1")
        self.page.keyboard.press("Delete")

    def steps_back(self) -> None:
        self.page.keyboard.press("ControlOrMeta+z")

    def steps_forward(self) -> None:
        self.page.keyboard.press("ControlOrMeta+Shift+z")

    def _node(self, node_id: str) -> Locator:
        return self.page.locator(f'.react-flow__node[data-id="{node_id}"]')

    def _reaches(self, what: Locator) -> None:
        """By Tab alone."""
        expect(what).to_be_attached()
        for _ in range(150):
            if what.evaluate("one => one === document.activeElement"):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"Tab does not lead to {what}")

    def _takes(self, node_id: str) -> None:
        self._reaches(self._node(node_id))
        self.page.keyboard.press("Enter")

    def _takes_port(self, node_id: str, port: str) -> None:
        self._takes(node_id)
        self._reaches(self._node(node_id).get_by_role("button", name=re.compile(f"Output {port}")))

    def _picks(self, key: str, text: str) -> None:
        """Opens a list with a key, types, and takes the first that is left."""
        box = self.page.get_by_role("dialog").get_by_role("combobox")
        self.page.keyboard.press(key)
        try:
            expect(box).to_be_focused(timeout=4_000)
        except AssertionError:  # a page that has just opened may not listen yet: a person presses again
            self.page.keyboard.press(key)
            expect(box).to_be_focused()
        self.page.keyboard.type(text)
        self.page.keyboard.press("Enter")
        expect(box).to_be_hidden()
