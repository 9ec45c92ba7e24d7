"""What a stack tells: by names to those who listen, by colours and shapes to those who look, and as much as is needed."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.chat import asked, model
from tests.e2e.editor import Editor, Stacks
from tests.e2e.seeing import grave
from tests.e2e.test_building import apart, row

Opened = Callable[..., Editor]

# What changes on the canvas beside the clock of the node that runs.
WATCH = """() => {
    window.drawn = [];
    new MutationObserver((changes) => {
        for (const { target } of changes) {
            const element = target instanceof Element ? target : target.parentElement;
            if (!element.closest('.card [data-status]')) window.drawn.push(element.outerHTML.slice(0, 200));
        }
    }).observe(document.querySelector('.react-flow__viewport'), {
        subtree: true, childList: true, attributes: true, characterData: true,
    });
}"""


def test_nodes_and_edges_have_names_that_say_how_they_stand(editor: Opened, stacks: Stacks):
    at = editor(row())
    named = at.page.get_by_role("group", name="llm, 2 inputs, 1 output", exact=True)
    expect(named).to_be_visible()
    expect(at.page.get_by_role("group", name="From q: Text to llm: Prompt", exact=True)).to_be_attached()
    stacks.run(at.id, "What is this?")
    at.open()
    expect(at.page.get_by_role("group", name="llm, done, 2 inputs, 1 output", exact=True)).to_be_visible()
    expect(at.page.get_by_role("group", name="q, done, 0 inputs, 1 output", exact=True)).to_be_visible()


def test_ports_tell_their_type_by_shape_and_colour_and_word(editor: Opened):
    at = editor(apart())
    text, documents = at.port("q", "text"), at.port("kb", "context")
    looks = [
        (
            one.get_attribute("data-shape"),
            one.evaluate("(port) => getComputedStyle(port).borderTopColor"),
            one.get_attribute("title"),
        )
        for one in (text, documents, at.port("llm", "prompt", "target"), at.port("llm", "context", "target"))
    ]
    assert looks[0][:2] == looks[2][:2] and looks[1][:2] == looks[3][:2]
    assert looks[0][0] != looks[1][0] and looks[0][1] != looks[1][1]
    assert [told.split(": ")[1] for _, _, told in looks if told] == ["text", "documents", "text", "documents"]


def test_the_map_shows_how_nodes_stand(editor: Opened, stacks: Stacks):
    at = editor(row())
    at.page.get_by_role("button", name="Show the map").click()
    on_map = at.page.locator(".react-flow__minimap-node").first
    before = on_map.evaluate("(node) => getComputedStyle(node).fill")
    stacks.run(at.id, "Go")
    at.open()
    at.page.get_by_role("button", name="Show the map").click()
    expect(at.node("q")).to_contain_text("Done")
    assert on_map.evaluate("(node) => getComputedStyle(node).fill") != before


def test_no_token_draws_the_canvas_anew(page: Page, stacks: Stacks):
    with model(tokens=60, gap_ms=30) as fake:
        at = Editor(page, stacks, stacks.make(asked(fake.base_url))["id"]).open()
        at.press("ControlOrMeta+Enter")
        page.get_by_label("Your question").fill("Go")
        page.keyboard.press("Enter")
        conversation = page.get_by_role("log", name="Conversation")
        expect(conversation).to_contain_text("tok5 ")
        page.evaluate(WATCH)
        expect(conversation).to_contain_text("tok40 ")
        assert page.evaluate("window.drawn") == []
        expect(at.node("llm")).to_have_attribute("data-status", "succeeded", timeout=15_000)
        assert page.evaluate("window.drawn.length") > 0


def test_the_inspector_shows_passages_with_their_scores(page: Page, stacks: Stacks):
    made = stacks.make(asked(None, documents=True))
    sent = stacks.client.post(f"/workflows/{made['id']}/documents", files={"file": ("bees.txt", b"Bees dance.")})
    at = Editor(page, stacks, made["id"]).open(node="kb")
    expect(page.get_by_test_id("document")).to_have_attribute("data-status", "ready", timeout=60_000)
    assert sent.status_code == 202
    stacks.run(at.id, "What do bees do?")
    at.open(node="kb")
    page.get_by_role("tab", name="Last run").click()
    came_out = page.get_by_role("region", name="Output", exact=True)
    expect(came_out).to_contain_text("1. bees.txt")
    expect(came_out).to_contain_text(re.compile(r"\d\.\d\d"))
    expect(came_out.locator("mark")).to_have_text("Bees dance.")  # row 15: the sentence that matched is marked


def test_a_secret_is_chosen_by_its_name_and_never_shown(editor: Opened, stacks: Stacks):
    secret = "sk-never-to-be-seen-4321"
    key = stacks.client.post("/credentials", json={"provider": "openai", "name": "Work", "secret": secret})
    try:
        at = editor(row(), node="llm")
        at.page.get_by_label("Provider").select_option("openai")
        for required in ("Model", "API key"):
            expect(at.page.get_by_label(required, exact=True)).to_have_attribute("aria-required", "true")
        at.page.get_by_label("Model", exact=True).fill("some-model")
        at.page.get_by_label("API key", exact=True).select_option(label="Work (…4321)")
        config = next(one for one in at.saved()["nodes"] if one["id"] == "llm")["data"]["config"]
        assert config["credential_id"] == key.raise_for_status().json()["id"]
        assert stacks.get(at.id)["problems"] == []
        assert secret not in at.page.content()
    finally:
        stacks.client.delete(f"/credentials/{key.json()['id']}")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_phone_shows_the_outline(page: Page, stacks: Stacks, theme: str):
    page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
    page.set_viewport_size({"width": 360, "height": 740})
    made = stacks.make(row(), name="In a pocket")
    page.goto(f"{stacks.url}/stacks/{made['id']}")
    expect(page.get_by_role("table")).to_be_visible()
    expect(page.get_by_label("Name of llm")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert grave(page) == []
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.get_by_label("Your question")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert grave(page) == []
    page.goto(stacks.url)
    expect(page.get_by_role("link", name="In a pocket").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert grave(page) == []


def test_the_models_that_a_key_can_use_are_suggested(editor: Opened, stacks: Stacks):
    with model() as server:
        body = {"provider": "openai_compatible", "name": "Local", "secret": "any-key", "base_url": server.base_url}
        key = stacks.client.post("/credentials", json=body).raise_for_status().json()
        try:
            at = editor(row(), node="llm")
            at.page.get_by_label("Provider").select_option("openai_compatible")
            at.page.get_by_label("Server address").fill(server.base_url)
            at.page.get_by_label("API key", exact=True).select_option(key["id"])
            box = at.page.get_by_label("Model", exact=True)
            suggested = at.page.locator(f"datalist#{box.get_attribute('list')} option")
            expect(suggested.first).to_be_attached()
            chosen = suggested.first.get_attribute("value") or ""
            box.fill(chosen)
            expect(at.page.get_by_text("It has no model")).to_have_count(0)
            at.drop("llm", 500, 600)  # a new node begins with the model that was chosen last
            new = next(one for one in at.saved()["nodes"] if one["id"] not in {"q", "llm", "o"})
            assert new["data"]["config"]["model"] == chosen
            assert new["data"]["config"]["credential_id"] == key["id"]
        finally:
            stacks.client.delete(f"/credentials/{key['id']}")
