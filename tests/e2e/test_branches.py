"""A person edits, repeats, rates, copies and exports; nothing that was typed is lost."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.chat import Chat, asked, model
from tests.e2e.editor import Stacks
from tests.e2e.fate import free_port
from tests.fakes.openai_server import OpenAIServer
from tests.support.server import Server


@pytest.fixture(scope="module")
def fake() -> Iterator[OpenAIServer]:
    with model(tokens=3) as server:
        yield server


@pytest.fixture
def at(page: Page, stacks: Stacks, fake: OpenAIServer) -> Chat:
    fake.tokens, fake.gap_ms, fake.answer = 3, 0, None
    return Chat(page, stacks, asked(fake.base_url)).open()


def asks(at: Chat, *questions: str) -> None:
    for question in questions:
        at.ask(question)
        expect(at.log.get_by_text(question, exact=True)).to_be_visible()
        at.phase("done")


def test_an_edited_question_is_a_branch_and_the_first_one_stays(at: Chat, page: Page):
    asks(at, "First", "Second", "Third")
    at.log.get_by_role("article", name="Question: Second").get_by_role("button", name="Edit and ask again").click()
    page.get_by_label("Edit the question").fill("Second, but better")
    page.keyboard.press("Enter")
    expect(at.log.get_by_text("Second, but better")).to_be_visible()
    at.phase("done")
    expect(at.log.get_by_role("article")).to_have_count(2)
    expect(at.log).to_contain_text("2 / 2")
    at.button("Previous branch").click()
    expect(at.log.get_by_text("Third", exact=True)).to_be_visible()
    page.reload()
    expect(at.log.get_by_text("Second, but better")).to_be_visible()
    at.button("Previous branch").click()
    expect(at.log.get_by_text("Third", exact=True)).to_be_visible()
    asks(at, "Fourth")
    page.reload()
    expect(at.log.get_by_role("article")).to_have_count(4)


def test_regenerate_asks_the_model_again_within_the_same_branch(at: Chat, fake: OpenAIServer):
    asks(at, "First", "Second")
    at.button("Regenerate").last.click()
    expect(at.log).to_contain_text("2 / 2")
    at.phase("done")
    seen = [message["content"] for message in fake.last_body["messages"] if message["role"] == "user"]
    assert [text.split(": ")[-1] for text in seen] == ["First", "Second"]


def test_a_rating_with_its_reason_is_kept(at: Chat, page: Page):
    asks(at, "First")
    at.button("Bad answer").click()
    page.get_by_label("Reason").fill("Too short")
    page.get_by_label("Reason").press("Enter")
    expect(at.answer).to_contain_text("Your feedback: Too short")
    page.reload()
    expect(at.answer).to_contain_text("Your feedback: Too short")
    expect(at.button("Bad answer")).to_have_attribute("aria-pressed", "true")
    at.button("Bad answer").click()
    expect(at.answer).not_to_contain_text("Too short")
    page.reload()
    expect(at.button("Bad answer")).to_have_attribute("aria-pressed", "false")


def test_an_answer_is_copied_as_markdown_or_as_text(at: Chat, page: Page, fake: OpenAIServer):
    """Row 16 of the page faults."""
    fake.answer = "It is **bold**."
    asks(at, "First")
    for name, text in (("Copy as Markdown", "It is **bold**."), ("Copy as text", "It is bold.")):
        at.button("More actions").click()
        page.get_by_role("menuitem", name=name).click()
        page.wait_for_function("(text) => navigator.clipboard.readText().then((one) => one.trim() === text)", arg=text)


def test_a_conversation_is_exported_as_markdown_and_as_json(at: Chat, page: Page):
    asks(at, "First")
    for name, ending in (("Export as Markdown", "md"), ("Export as JSON", "json")):
        at.button("More about “First”").click()
        with page.expect_download() as download:
            page.get_by_role("menuitem", name=name).click()
        assert download.value.suggested_filename == f"First.{ending}"
        text = Path(download.value.path()).read_text()
        if ending == "md":
            assert text.startswith("# First\n\n> First\n\ntok0 tok1 tok2")
        else:
            assert [one["role"] for one in json.loads(text)["messages"]] == ["user", "assistant"]


def test_a_draft_stays_with_its_conversation(at: Chat, page: Page):
    """Row 9 of the page faults."""
    asks(at, "First")
    session = at.session()
    at.box.fill("half a question")
    at.open()
    expect(at.box).to_have_value("")
    at.box.fill("another half")
    at.open(session)
    expect(at.box).to_have_value("half a question")
    page.reload()
    expect(at.box).to_have_value("half a question")
    at.open()
    expect(at.box).to_have_value("another half")


def test_escape_leaves_the_box_first_and_keeps_the_text(page: Page, stacks: Stacks, fake: OpenAIServer):
    """Row 9 of the page faults."""
    made = stacks.make(asked(fake.base_url))
    page.goto(f"{stacks.url}/stacks/{made['id']}")
    page.get_by_role("button", name="Run", exact=True).click()
    box = page.get_by_label("Your question")
    box.fill("half a question")
    box.press("Escape")
    expect(box).not_to_be_focused()
    expect(box).to_have_value("half a question")
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("chat")).to_be_hidden()
    page.get_by_role("button", name="Run", exact=True).click()
    expect(box).to_have_value("half a question")


def test_a_question_of_a_new_conversation_waits_for_a_server_that_is_away(page: Page, tmp_path: Path):
    """Row 9 of the page faults."""
    server = Server(tmp_path, port=free_port())
    with model(tokens=3) as fake:
        try:
            at = Chat(page, Stacks(server.start().url), asked(fake.base_url)).open()
            server.kill()
            at.ask("First")
            at.phase("sending")
            server.start()
            at.phase("done", within=60)
            expect(at.log.get_by_role("article")).to_have_count(1)
            assert fake.chats == 1
        finally:
            server.stop()


def test_a_refused_question_stays_over_a_reload(page: Page, stacks: Stacks):
    at = Chat(page, stacks, {"nodes": [], "edges": []}).open()
    at.ask("Why?")
    at.phase("unsent")
    page.reload()
    at.phase("unsent")
    expect(at.log).to_contain_text("Why?")
    expect(at.button("Send again")).to_be_visible()


def test_a_text_that_is_too_long_is_told_and_not_cut(at: Chat):
    """Row 11 of the page faults."""
    at.box.fill("a" * 70_000)
    expect(at.page.get_by_role("alert")).to_contain_text("70,000 characters; 60,000 can be sent")
    expect(at.button("Send")).to_be_disabled()
    assert len(at.box.input_value()) == 70_000


def test_a_long_question_folds_at_ten_lines(at: Chat):
    """Row 11 of the page faults."""
    at.ask("\n".join(f"Line {number}" for number in range(200)))
    at.phase("done")
    question = at.log.get_by_role("article").locator("p").first
    folded = question.bounding_box()
    assert folded
    assert folded["height"] < 300
    at.button("Show all").click()
    whole = question.bounding_box()
    assert whole
    assert whole["height"] > 2_000
    at.button("Show less").click()
    expect(at.button("Show all")).to_be_visible()


def test_only_cited_passages_are_listed_and_the_others_are_folded(page: Page, stacks: Stacks, fake: OpenAIServer):
    """Row 16 of the page faults."""
    fake.answer = "Bees dance [2]."
    at = Chat(page, stacks, asked(fake.base_url, documents=True))
    at.add_pdf("Whales sing in the sea.", "Bees dance to tell where flowers are.", "Ants walk.")
    at.open().ask("What do bees do?")
    at.phase("done")
    sources = at.answer.get_by_label("Sources")
    expect(sources.get_by_role("list", name="Cited sources").get_by_role("button")).to_have_count(1)
    expect(sources.get_by_role("list", name="Cited sources")).to_contain_text(re.compile("^2animals"))
    sources.get_by_role("button", name=re.compile("2 more passages found")).click()
    expect(sources.get_by_role("list", name="Other passages").get_by_role("button")).to_have_count(2)


def test_a_file_dropped_on_the_chat_is_added_to_the_knowledge_base(page: Page, stacks: Stacks, fake: OpenAIServer):
    """Row 12 of the page faults."""
    drop = """([view, name]) => {
        const files = new DataTransfer();
        files.items.add(new File(["Bees dance."], name, { type: "text/plain" }));
        view.dispatchEvent(new DragEvent("drop", { dataTransfer: files, bubbles: true, cancelable: true }));
    }"""
    at = Chat(page, stacks, asked(fake.base_url, documents=True)).open()
    page.evaluate(drop, [at.box.element_handle(), "bees.txt"])
    expect(page.get_by_text("“bees.txt” was added to the Knowledge Base")).to_be_visible()
    assert stacks.client.get(f"/workflows/{at.id}/documents").json()["items"][0]["filename"] == "bees.txt"
    without = Chat(page, stacks, asked(fake.base_url)).open()
    page.evaluate(drop, [without.box.element_handle(), "bees.txt"])
    expect(page.get_by_text("This stack has no Knowledge Base")).to_be_visible()
