"""A person asks, and an answer comes: thought about, streamed, with its sources, whatever happens meanwhile."""

import re
import sqlite3
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from uuid import uuid4

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e.chat import Chat, asked, model, words
from tests.e2e.editor import Stacks
from tests.e2e.fate import Fate, free_port
from tests.e2e.seeing import grave, until
from tests.support.server import Server

MARKDOWN = """It is **bold** and `code`, see [a page](https://example.org/a).

| animal | legs |
| --- | --- |
| bee | 6 |

```py
print("hi")
```

<img src="https://example.org/x.png" onerror="document.title='broken'"> ![a cat](https://example.org/cat.png)"""

Opened = Callable[..., Chat]


@pytest.fixture
def chat(page: Page, stacks: Stacks) -> Iterator[Opened]:
    """Opens the chat of a new stack with a model that does as it is told; offline without."""
    models = []

    def opened(
        documents: bool = False, examples: list[str] | None = None, offline: bool = False, **how: object
    ) -> Chat:
        if offline:
            return Chat(page, stacks, asked(None, examples, documents)).open()
        server = model(**how)
        models.append(server)
        return Chat(page, stacks, asked(server.__enter__().base_url, examples, documents)).open()

    yield opened
    for server in models:
        server.__exit__(None, None, None)


def test_a_suggested_question_is_answered_with_its_sources(chat: Opened, page: Page):
    at = chat(offline=True, documents=True, examples=["What do bees do?"])
    at.add_pdf("The whale is the largest animal.", "Bees dance to tell where flowers are.")
    page.get_by_label("Suggested questions").get_by_role("button").click()
    expect(at.log.get_by_text("What do bees do?")).to_be_visible()
    at.phase("done")
    chip = at.answer.get_by_label("Sources").get_by_role("button").first
    expect(chip).to_contain_text("animals.pdf")
    expect(chip).to_contain_text("p. 2")
    expect(at.text).to_be_visible()
    chip.hover()
    passage = page.get_by_role("tooltip")
    expect(passage).to_be_attached()
    expect(page.get_by_text(re.compile(r"\d+ % match")).first).to_be_visible()
    expect(page.locator("mark").first).to_have_text("Bees dance to tell where flowers are.")  # row 15
    chip.click()
    reader = page.get_by_role("dialog", name="animals.pdf")
    expect(reader.get_by_role("img", name="Page 2 of animals.pdf")).to_be_visible()
    expect(reader.get_by_test_id("match-mark")).to_be_visible()
    reader.get_by_role("button", name="Text").click()
    expect(reader.locator("mark")).to_contain_text("Bees dance")
    page.keyboard.press("Escape")
    expect(reader).to_be_hidden()


def test_a_mark_in_the_answer_points_at_its_source(chat: Opened, page: Page, fate: Fate):
    at = chat(documents=True, answer="Bees dance where flowers are, and that is known [1].", gap_ms=100)
    at.add_pdf("Bees dance to tell where flowers are.")
    at.ask("What do bees do?")
    expect(at.text).to_contain_text("Bees dance")
    fate.strikes()
    at.phase("done", within=60)
    expect(at.answer.get_by_label("Sources").get_by_role("button")).to_have_count(1)
    mark = at.text.get_by_role("button", name="Source 1: animals.pdf, page 1")
    mark.focus()
    expect(page.get_by_text(re.compile(r"\d+ % match")).first).to_be_visible()


def test_what_is_being_done_is_told_in_words_at_once(chat: Opened, page: Page):
    at = chat(documents=True, ttft_ms=1500, tokens=3)
    at.box.fill("Why?")
    page.evaluate(
        """() => {
            const begun = performance.now();
            window.told = new Promise((done) => new MutationObserver(() => {
                const line = document.querySelector('[data-testid="doing"]');
                if (line) done(performance.now() - begun);
            }).observe(document.body, { subtree: true, childList: true }));
        }"""
    )
    at.box.press("Enter")
    assert page.evaluate("window.told") < 300
    expect(at.answer.get_by_test_id("doing")).to_contain_text("Asking fake")
    at.phase("done")
    expect(at.answer.get_by_test_id("doing")).to_be_hidden()


def test_thinking_streams_folds_and_is_not_copied(chat: Opened, page: Page, fate: Fate):
    # Seconds between words: what is looked for must be there for longer than between two looks.
    at = chat(tokens=2, gap_ms=2000)
    at.ask("THINK about it")
    thoughts = at.answer.get_by_test_id("thoughts")
    expect(thoughts).to_contain_text("Let me")
    fate.strikes()
    expect(at.text).to_contain_text("tok0", timeout=30_000)
    expect(thoughts).not_to_contain_text("Let me")
    expect(thoughts).to_contain_text(re.compile(r"Thought for \d+ s"))
    at.phase("done", within=60)
    thoughts.get_by_role("button").click()
    expect(thoughts).to_contain_text("Let me think.")
    at.button("Copy").click()
    expect(at.button("Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()").strip() == words(2)


def test_thoughts_of_a_stored_answer_are_fetched_when_they_are_asked_for(chat: Opened, page: Page, server: Server):
    """Row 16 of the page faults."""
    at = chat(tokens=2)
    for question in ("THINK about it", "Do not"):
        at.ask(question)
        at.phase("done")
    page.reload()
    thoughts = page.get_by_test_id("thoughts")
    expect(thoughts).to_have_text([re.compile(r"Thought for \d+ s")])  # the second answer had none
    thoughts.get_by_role("button").click()
    expect(thoughts).to_contain_text("Let me think.")
    expect(thoughts).to_contain_text(re.compile(r"Thought for \d+ s"))
    expect(at.text).to_have_text(words(2))

    # As retention leaves it.
    with sqlite3.connect(server.data / "genai-stack.db", timeout=20) as database:
        database.execute("DELETE FROM events WHERE type IN ('thinking', 'answer.delta')")
        database.execute("UPDATE runs SET trimmed_at = finished_at")
    page.reload()
    thoughts.get_by_role("button").click()
    expect(thoughts).to_contain_text("The reasoning was deleted when its retention time ended.")
    expect(at.text).to_have_text(words(2))


def test_the_view_follows_the_answer_until_the_person_scrolls_up(chat: Opened, page: Page):
    lines = "\n\n".join(f"Line {number}." for number in range(120))
    at = chat(answer=lines, gap_ms=15)
    at.ask("Tell me all")
    expect(at.text).to_contain_text("Line 30.")
    until(at.at_end)
    at.log.hover()
    page.mouse.wheel(0, -600)
    expect(at.button("Jump to latest")).to_be_visible()
    top = at.log.evaluate("(log) => log.scrollTop")
    expect(at.text).to_contain_text("Line 60.")
    assert at.log.evaluate("(log) => log.scrollTop") == pytest.approx(top, abs=2)
    at.button("Jump to latest").click()
    expect(at.button("Jump to latest")).to_be_hidden()
    at.phase("done")
    until(at.at_end)


def test_stop_keeps_what_came_and_retry_asks_again(chat: Opened, page: Page, fate: Fate):
    at = chat(tokens=400, gap_ms=20)
    at.ask("Go on for long")
    expect(at.text).to_contain_text("tok10")
    fate.strikes()
    expect(at.text).to_contain_text("tok60 ", timeout=30_000)  # further than before it was taken up again
    at.box.press("Escape")
    at.phase("stopped", within=60)
    expect(at.answer).to_contain_text("Stopped")
    expect(at.text).to_contain_text("tok60 ")
    expect(at.text).not_to_contain_text("tok399")
    page.reload()
    at.phase("stopped")
    expect(at.text).to_contain_text("tok60 ")
    at.button("Retry").click()
    expect(at.log).to_contain_text("2 / 2")
    at.phase("answering")
    at.log.focus()
    page.keyboard.press("Escape")
    at.phase("stopped")
    at.button("Retry").click()
    expect(at.log).to_contain_text("3 / 3")
    at.phase("answering")
    at.button("Stop").click()
    at.phase("stopped")


def test_a_reload_in_the_middle_of_an_answer_loses_nothing(chat: Opened, page: Page, fate: Fate):
    at = chat(tokens=60, gap_ms=50)
    at.ask("THINK, then count")
    expect(at.text).to_contain_text("tok10")
    fate.strikes()
    page.reload()
    expect(at.log.get_by_text("THINK, then count")).to_be_visible()
    at.phase("answering", within=60)
    at.phase("done")
    expect(at.text).to_have_text(words(60))
    expect(at.answer.get_by_test_id("thoughts")).to_be_visible()
    expect(page.get_by_test_id("answer")).to_have_count(1)


def test_a_network_that_goes_and_comes_loses_nothing(chat: Opened, context: BrowserContext, fate: Fate):
    at = chat(tokens=60, gap_ms=50)
    at.ask("Count")
    expect(at.text).to_contain_text("tok10")
    context.set_offline(True)
    fate.strikes()
    context.set_offline(False)
    at.phase("done", within=60)
    expect(at.text).to_have_text(words(60))


def test_a_question_that_was_never_taken_is_asked_once_after_a_reload(chat: Opened, page: Page, stacks: Stacks):
    at = chat(tokens=3)
    at.ask("First")
    at.phase("done")
    first = stacks.client.get(f"/sessions/{at.session()}/messages").json()["items"][0]["id"]
    page.evaluate(
        """([session, stack, parentId]) => sessionStorage.setItem("genai-stack.unsent", JSON.stringify([{
            id: crypto.randomUUID(), content: "Second", parentId, workflowId: stack, sessionId: session }]))""",
        [at.session(), at.id, first],
    )
    page.reload()
    expect(page.get_by_test_id("answer")).to_have_count(2)
    at.phase("done")
    page.reload()
    expect(page.get_by_test_id("answer")).to_have_count(2)
    kept = stacks.client.get(f"/sessions/{at.session()}/messages").json()["items"]
    assert [one["content"] for one in kept if one["role"] == "user"] == ["First", "Second"]


def test_an_answer_survives_a_killed_server(page: Page, tmp_path: Path):
    server = Server(tmp_path, port=free_port())
    with model(tokens=60, gap_ms=50) as fake:
        try:
            at = Chat(page, Stacks(server.start().url), asked(fake.base_url)).open()
            at.ask("Count")
            expect(at.text).to_contain_text("tok10")
            server.kill()
            expect(page.get_by_text("Reconnecting…")).to_be_visible()
            server.start()
            expect(page.get_by_text("Reconnecting…")).to_be_hidden(timeout=30_000)
            at.phase("done", within=60)
            expect(at.text).to_have_text(words(60))
            page.reload()
            at.phase("done")
            expect(at.text).to_have_text(words(60))
            expect(page.get_by_test_id("answer")).to_have_count(1)
        finally:
            server.stop()


def test_a_question_asked_while_the_server_is_away_is_answered_once(page: Page, tmp_path: Path):
    server = Server(tmp_path, port=free_port())
    with model(tokens=5) as fake:
        try:
            at = Chat(page, Stacks(server.start().url), asked(fake.base_url)).open()
            at.ask("First")
            at.phase("done")
            server.kill()
            expect(page.get_by_text("Reconnecting…")).to_be_visible()
            at.ask("Second")
            expect(at.log.get_by_text("Second")).to_be_visible()
            server.start()
            at.phase("done", within=60)
            expect(at.text).to_have_text(words(5))
            assert fake.chats == 2
        finally:
            server.stop()


def test_two_tabs_show_the_same_stream(chat: Opened, context: BrowserContext, page: Page, fate: Fate):
    at = chat(tokens=60, gap_ms=40)
    at.ask("First")
    at.phase("answering")
    other = at.on(context.new_page()).open(at.session())
    expect(other.text).to_contain_text("tok5")
    fate.strikes()
    at.phase("done", within=60)
    other.phase("done", within=60)
    expect(other.text).to_have_text(words(60))
    other.ask("Second")
    expect(at.log.get_by_text("Second")).to_be_visible()
    at.phase("answering")
    at.phase("done")
    expect(at.text).to_have_text(words(60))
    expect(page.get_by_test_id("answer")).to_have_count(2)


def test_markdown_is_drawn_and_does_nothing(chat: Opened, page: Page, fate: Fate):
    at = chat(answer=MARKDOWN, gap_ms=50)
    at.ask("Show me")
    expect(at.text.locator("strong")).to_be_visible()
    fate.strikes()
    at.phase("done", within=60)
    expect(at.text.locator("strong")).to_have_text("bold")
    expect(at.text.locator("td")).to_have_text(["bee", "6"])
    expect(at.text.locator("img")).to_have_count(0)
    expect(at.text.get_by_role("link", name=re.compile("a page"))).to_have_attribute("rel", re.compile("noopener"))
    at.button("Copy the code").click()
    assert page.evaluate("navigator.clipboard.readText()").strip() == 'print("hi")'
    assert page.title() != "broken"


def test_conversations_are_named_found_renamed_and_deleted(chat: Opened, page: Page):
    """Row 12 of the page faults."""
    at = chat(tokens=2)
    for question in ("About whales", "About bees"):
        at.open()
        at.ask(question)
        at.phase("done")
    kept = page.get_by_role("navigation", name="Conversations")
    expect(kept.get_by_role("listitem")).to_have_count(2)
    page.get_by_label("Search conversations").fill("whale")
    expect(kept.get_by_role("listitem")).to_have_count(1)
    kept.get_by_role("button", name="About whales").first.click()
    expect(at.log.get_by_text("About whales")).to_be_visible()
    page.get_by_label("Search conversations").fill("")
    more = kept.get_by_role("button", name="More about “About whales”")
    more.click()
    page.get_by_role("menuitem", name="Rename").click()
    page.get_by_label("Name of the conversation").fill("Sea animals")
    page.keyboard.press("Enter")
    expect(kept.get_by_text("Sea animals")).to_be_visible()
    kept.get_by_role("button", name="More about “Sea animals”").click()
    page.get_by_role("menuitem", name="Delete").click()
    expect(kept.get_by_role("listitem")).to_have_count(1)
    expect(page.get_by_text("What would you like to know?")).to_be_visible()
    page.go_back()
    expect(page.get_by_text("This conversation does not exist")).to_be_visible()


def test_a_failure_is_told_in_words_with_retry_and_the_runs_id(chat: Opened, page: Page):
    at = chat(tokens=3)
    at.ask("FAIL401x1 please")
    at.phase("failed")
    wrong = at.answer.get_by_role("alert")
    expect(wrong).to_contain_text(re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}"))
    expect(wrong).not_to_contain_text("Traceback")
    wrong.get_by_role("button", name="Retry").click()
    at.phase("done")
    expect(at.text).to_have_text(words(3))


def test_a_stack_that_cannot_run_says_why(page: Page, stacks: Stacks):
    at = Chat(page, stacks, {"nodes": [], "edges": []}).open()
    at.ask("Why?")
    at.phase("unsent")
    expect(at.answer.get_by_role("alert")).to_contain_text("can’t run")
    expect(at.answer.get_by_role("button", name="Send again")).to_be_visible()


def test_the_keys_of_the_box(chat: Opened, page: Page):
    at = chat(tokens=2)
    at.box.fill("One")
    at.box.press("Shift+Enter")
    page.keyboard.type("Two")
    at.box.press("Enter")
    at.phase("done")
    expect(at.box).to_have_value("")
    at.box.press("ArrowUp")
    expect(at.box).to_have_value("One\nTwo")


def test_an_answer_is_read_out_sentence_by_sentence_and_none_twice(chat: Opened, page: Page, fate: Fate):
    at = chat(answer="The whale is large. It swims far. It sings.", gap_ms=150)
    page.evaluate(
        """() => {
            window.said = [];
            new MutationObserver((changes) => {
                for (const { addedNodes } of changes) for (const one of addedNodes) window.said.push(one.textContent);
            }).observe(document.querySelector('[data-testid="announcer"]'), { childList: true });
        }"""
    )
    at.ask("Tell me")
    expect(page.get_by_test_id("announcer")).to_contain_text("The whale is large.")
    fate.strikes()
    at.phase("done", within=60)
    expect(page.get_by_test_id("announcer")).to_contain_text("The answer is complete.")
    said = [text for text in page.evaluate("window.said") if not text.startswith("Asking")]
    assert said == ["The whale is large.", "It swims far.", "It sings.", "The answer is complete."]


def test_it_works_on_a_narrow_screen(chat: Opened, page: Page):
    page.set_viewport_size({"width": 360, "height": 740})
    at = chat(answer=MARKDOWN)
    at.ask("Show me")
    at.phase("done")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert at.log.evaluate("(log) => log.scrollWidth - log.clientWidth") <= 0
    at.button("Conversations").click()
    expect(page.get_by_role("navigation", name="Conversations").get_by_role("listitem")).to_have_count(1)
    page.get_by_role("navigation", name="Conversations").get_by_role("listitem").get_by_role("button").first.click()
    expect(at.box).to_be_visible()


def test_a_conversation_of_two_thousand_messages_opens_at_its_end(chat: Opened, page: Page, server: Server):
    at = chat(tokens=2)
    at.ask("First")
    at.phase("done")
    session = at.session()
    with sqlite3.connect(server.data / "genai-stack.db", timeout=20) as database:
        first, space, at_time = database.execute(
            "SELECT id, workspace_id, created_at FROM chat_messages WHERE session_id = ? AND role = 'user'", [session]
        ).fetchone()
        questions = [first, *(str(uuid4()) for _ in range(1_000))]
        long = "A sentence of an answer that has **marks** and goes on for a while. " * 8
        database.executemany(
            "INSERT INTO chat_messages"
            ' (id, workspace_id, session_id, position, role, content, parent_id, "metadata", created_at)'
            " VALUES (?, ?, ?, ?, ?, ?, ?, '{}', ?)",
            [
                row
                for place, (parent, question) in enumerate(pairwise(questions))
                for row in (
                    (question, space, session, 2 + 2 * place, "user", f"Question {place}", parent, at_time),
                    (str(uuid4()), space, session, 3 + 2 * place, "assistant", long, question, at_time),
                )
            ],
        )
    at.open(session)
    expect(at.log.get_by_text("Question 999", exact=True)).to_be_visible()
    assert page.get_by_test_id("answer").count() < 40
    until(at.at_end)
    at.log.evaluate("(log) => { log.scrollTop = 0; }")
    expect(at.log.get_by_text("First", exact=True)).to_be_visible()
    at.button("Jump to latest").click()
    expect(at.log.get_by_text("Question 999", exact=True)).to_be_visible()


def test_the_chat_opens_over_the_canvas(page: Page, stacks: Stacks, fate: Fate):
    with model(tokens=30, gap_ms=40) as fake:
        made = stacks.make(asked(fake.base_url, ["What is it?"]))
        page.goto(f"{stacks.url}/stacks/{made['id']}")
        page.get_by_role("button", name="Run", exact=True).click()
        panel = page.get_by_test_id("chat")
        panel.get_by_role("button", name="What is it?").click()
        expect(panel.locator(".answer")).to_contain_text("tok5")
        fate.strikes()
        expect(panel.get_by_test_id("answer")).to_have_attribute("data-phase", "done", timeout=60_000)
        panel.get_by_role("button", name="Conversations").click()
        expect(panel.get_by_role("navigation", name="Conversations")).to_be_visible()
        page.keyboard.press("Escape")
        expect(panel.get_by_role("navigation", name="Conversations")).to_be_hidden()
        panel.get_by_role("button", name="Close the chat").click()
        expect(panel).to_be_hidden()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_serious_in_an_editor_with_its_chat(page: Page, stacks: Stacks, theme: str):
    page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
    with model(answer=MARKDOWN, gap_ms=40) as fake:
        made = stacks.make(asked(fake.base_url, ["What is it?"]))
        page.goto(f"{stacks.url}/stacks/{made['id']}")
        page.get_by_role("button", name="Run", exact=True).click()
        panel = page.get_by_test_id("chat")
        expect(panel.get_by_role("button", name="What is it?")).to_be_visible()
        assert grave(page) == []
        panel.get_by_role("button", name="What is it?").click()
        expect(panel.locator("strong")).to_be_visible()
        assert grave(page) == []
        expect(panel.get_by_test_id("answer")).to_have_attribute("data-phase", "done", timeout=20_000)
        panel.get_by_role("button", name="Conversations").click()
        expect(panel.get_by_role("navigation", name="Conversations")).to_be_visible()
        assert grave(page) == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_serious_in_a_chat(chat: Opened, page: Page, theme: str):
    page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
    at = chat(documents=True, answer=MARKDOWN + "\n\nSo it is [1].", examples=["What do bees do?"])
    assert grave(page) == []
    at.add_pdf("Bees dance.")
    at.ask("THINK: what do bees do?")
    at.phase("done")
    at.ask("FAIL401")
    at.phase("failed")
    assert grave(page) == []
