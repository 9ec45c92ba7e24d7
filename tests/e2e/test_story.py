"""The whole story, with the mouse and with the keyboard alone: undisturbed, and the server killed in every answer."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.chat import model
from tests.e2e.fate import FATES, Fate, free_port
from tests.e2e.person import READY, WIRES, Keyboard, Mouse, Person
from tests.support.server import Server


@pytest.fixture(params=FATES)
def fate(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Fate]:
    """A new server, which nobody has visited."""
    server = Server(tmp_path, port=free_port())
    try:
        yield Fate(server.start(), request.param)
    finally:
        server.stop()


@pytest.mark.parametrize("hands", [Mouse, Keyboard])
def test_the_whole_story(page: Page, fate: Fate, hands: type[Person]):
    with model(ttft_ms=200) as fake:
        person = hands(page, fate, fake)
        person.visits()
        person.sends_the_question_that_stands_there()
        person.sees_the_example_answered()

        person.begins_a_stack()
        person.adds_four_nodes()
        expect(page.locator(".react-flow__node")).to_have_count(4)
        person.tries_a_wrong_edge_and_is_told_why()
        person.wires()
        assert person.at.wires() == WIRES
        person.adds_a_document()
        expect(page.get_by_test_id("document")).to_have_attribute("data-status", "ready", timeout=READY)
        person.configures_the_model()
        person.has_it_whole()
        person.takes_everything_back()
        assert person.at.saved()["nodes"] == []
        person.does_everything_again()
        person.has_it_whole()

        person.opens_the_chat()
        person.sees_thinking_streaming_and_sources()
        person.begins_a_long_answer(tokens=40)
        person.reloads()
        person.begins_a_long_answer(tokens=400)
        expect(person.text).to_contain_text("tok30 ", timeout=READY)  # further than before it was taken up again
        person.stops_the_answer()
        person.phase("stopped")
        expect(person.text).to_contain_text("tok30 ")
        person.saw_every_answer_once()
        person.closes_the_chat()
        expect(page.get_by_test_id("chat")).to_be_hidden()

        person.deletes_the_query()
        expect(person.at.node("llm-1")).to_contain_text("Needs text at “Prompt”.")
        expect(page.get_by_role("button", name=re.compile("problem"))).to_be_visible()
        person.takes_everything_back()
        person.has_it_whole()
