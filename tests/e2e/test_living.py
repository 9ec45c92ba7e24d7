"""A stack is kept, watched, and found again: saving, conflicts, runs, problems, settings, links, themes, keys."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.editor import Editor, Stacks
from tests.e2e.test_building import apart, placed, row
from tests.support.graphs import graph

Opened = Callable[..., Editor]


def _rename(at: Editor, node_id: str, name: str) -> None:
    at.node(node_id).click()
    at.press("F2")
    at.page.keyboard.type(name)
    at.press("Enter")


def test_an_edit_is_saved_by_itself_and_survives_a_reload(editor: Opened):
    at = editor(row())
    _rename(at, "llm", "Thinker")
    expect(at.page.get_by_test_id("saving")).to_have_text("Saved")
    at.open()
    expect(at.node("llm")).to_contain_text("Thinker")


def test_edits_wait_while_the_server_is_away(editor: Opened, page: Page):
    at = editor(row())
    page.route(
        "**/api/v1/workflows/*", lambda route: route.abort() if route.request.method == "PUT" else route.continue_()
    )
    _rename(at, "llm", "Offline")
    expect(page.get_by_test_id("saving")).to_have_text("Not saved yet")
    page.unroute("**/api/v1/workflows/*")
    expect(page.get_by_test_id("saving")).to_have_text("Saved", timeout=15_000)
    assert any(one["data"]["label"] == "Offline" for one in at.saved()["nodes"])


def test_edits_that_were_never_sent_are_there_after_a_reload(editor: Opened, page: Page):
    at = editor(row())
    page.route(
        "**/api/v1/workflows/*", lambda route: route.abort() if route.request.method == "PUT" else route.continue_()
    )
    _rename(at, "llm", "Kept here")
    expect(page.get_by_test_id("saving")).to_have_text("Not saved yet")
    page.reload()
    expect(at.node("llm")).to_contain_text("Kept here")
    page.unroute("**/api/v1/workflows/*")
    expect(page.get_by_test_id("saving")).to_have_text("Saved", timeout=15_000)
    assert any(one["data"]["label"] == "Kept here" for one in at.saved()["nodes"])


def test_the_copy_that_a_conflict_leaves_has_the_documents(editor: Opened, stacks: Stacks):
    """Row 8 of the page faults."""
    at = editor(row())
    stacks.client.post(f"/workflows/{at.id}/documents", files={"file": ("bees.txt", b"Bees dance.")}).raise_for_status()
    stacks.put(at.id, name="With documents")
    _rename(at, "llm", "Changed in the copy")
    at.page.get_by_role("button", name=re.compile("Use the other")).click()
    expect(at.page.get_by_role("dialog")).to_be_hidden()
    copies = stacks.client.get("/workflows", params={"q": "my changes"}).json()["items"]
    [copy] = [one["id"] for one in copies if "Changed in the copy" in str(stacks.get(one["id"])["configuration"])]
    assert stacks.client.get(f"/workflows/{copy}/documents").json()["total"] == 1


@pytest.mark.parametrize("choice", ["mine", "theirs"])
def test_a_conflict_shows_both_sides_and_loses_neither(editor: Opened, stacks: Stacks, choice: str):
    """Row 10 of the page faults."""
    at = editor(row())
    stacks.put(at.id, name="Changed elsewhere")
    _rename(at, "llm", "Changed here")
    dialog = at.page.get_by_role("dialog", name="This stack was changed elsewhere")
    expect(dialog.get_by_role("region", name="Your version")).to_contain_text("Changed here")
    expect(dialog.get_by_role("region", name="The other version")).to_contain_text("Changed elsewhere")
    if choice == "mine":
        dialog.get_by_role("button", name="Use mine").click()
        expect(dialog).to_be_hidden()
        assert any(one["data"]["label"] == "Changed here" for one in at.saved()["nodes"])
        versions = stacks.client.get(f"/workflows/{at.id}/versions").json()["items"]
        assert "Changed elsewhere" in {version["name"] for version in versions}
        return
    dialog.get_by_role("button", name=re.compile("Use the other")).click()
    expect(dialog).to_be_hidden()
    expect(at.page.get_by_label("Name of the stack")).to_have_value("Changed elsewhere")
    kept = stacks.client.get("/workflows", params={"q": "my changes"}).json()["items"]
    labels = [node["data"]["label"] for node in stacks.get(kept[0]["id"])["configuration"]["nodes"]]
    assert "Changed here" in labels


def test_a_run_is_shown_on_its_nodes_and_in_the_inspector(editor: Opened, stacks: Stacks):
    at = editor(row())
    run = stacks.run(at.id, "What is this?")
    assert run["status"] == "succeeded"
    at.open()
    expect(at.node("llm")).to_contain_text("Done")
    at.node("llm").click()
    at.page.get_by_role("tab", name="Last run").click()
    went_in = at.page.get_by_role("region", name="Input", exact=True)
    expect(went_in).to_contain_text("What is this?")
    expect(went_in).to_contain_text("prompt as sent")
    expect(went_in).to_contain_text("user:")
    expect(at.page.get_by_role("region", name="Output", exact=True)).to_be_visible()
    at.page.get_by_role("button", name="Raw").click()
    expect(at.page.get_by_role("tabpanel")).to_contain_text(run["id"])


def test_a_past_run_opens_on_a_frozen_canvas_by_a_link(editor: Opened, stacks: Stacks):
    at = editor(row())
    run = stacks.run(at.id, "As it was")
    stacks.put(at.id, configuration=graph([placed("query", "q", 0, 0)], []))
    at.open()
    expect(at.page.locator(".react-flow__node")).to_have_count(1)
    at.page.get_by_role("button", name="Runs", exact=True).click()
    at.page.get_by_role("button", name=re.compile("As it was")).click()
    expect(at.page.get_by_text("Viewing a run from")).to_be_visible()
    expect(at.page.locator(".react-flow__node")).to_have_count(3)
    assert f"run={run['id']}" in at.page.url
    at.node("llm").click()
    at.press("Delete")
    expect(at.page.locator(".react-flow__node")).to_have_count(3)
    at.page.go_back()
    expect(at.page.locator(".react-flow__node")).to_have_count(1)


def test_a_problem_stands_on_the_node_and_the_field_and_the_list_jumps_to_it(editor: Opened):
    broken = row()
    broken["nodes"][1]["data"]["config"] = {"provider": "openai"}  # type: ignore[index]
    at = editor(broken)
    expect(at.node("llm")).to_contain_text("It has no model. Choose one.")
    at.page.get_by_role("button", name="2 problems").click()
    at.page.get_by_role("button", name=re.compile("has no model")).click()
    field = at.page.get_by_label("Model", exact=True)
    expect(field).to_be_focused()
    expect(field).to_have_attribute("aria-invalid", "true")
    field.fill("some-model")
    expect(at.node("llm")).not_to_contain_text("It has no model")


def test_settings_are_drawn_from_the_schema_and_a_burst_of_typing_is_one_step(editor: Opened):
    at = editor(row())
    at.node("llm").click()
    expect(at.page.get_by_label("Server address")).to_be_hidden()
    at.page.get_by_label("Provider").select_option("openai_compatible")
    expect(at.page.get_by_label("Server address")).to_be_visible()
    memory = at.page.get_by_label("Memory")
    memory.fill("900")
    expect(at.page.get_by_text("Enter a whole number, 0 to 200.")).to_be_visible()
    memory.fill("3")
    at.page.get_by_label("Instructions").press_sequentially("Be brief.")
    config = next(one for one in at.saved()["nodes"] if one["id"] == "llm")["data"]["config"]
    assert config["system_prompt"] == "Be brief." and config["history"] == 3
    at.canvas.click(position={"x": 400, "y": 600})
    at.press("ControlOrMeta+z")
    config = next(one for one in at.saved()["nodes"] if one["id"] == "llm")["data"]["config"]
    assert "system_prompt" not in config and config["history"] == 3


def test_the_map_zoom_and_lock(editor: Opened):
    at = editor(row())
    before = at.page.get_by_test_id("zoom").inner_text()
    at.page.get_by_role("button", name="Zoom in").click()
    expect(at.page.get_by_test_id("zoom")).not_to_have_text(before)
    at.press("1")
    expect(at.page.get_by_test_id("zoom")).to_have_text(before)
    at.page.get_by_role("button", name="Show the map").click()
    expect(at.page.locator(".react-flow__minimap-node")).to_have_count(3)
    at.page.get_by_role("button", name="Lock the canvas").click()
    at.node("q").click()
    at.press("Delete")
    expect(at.page.locator(".react-flow__node")).to_have_count(3)


def test_a_link_names_a_node(editor: Opened):
    at = editor(row(), node="llm")
    expect(at.page.get_by_role("complementary", name="llm")).to_be_visible()
    at.node("o").click()
    expect(at.page).to_have_url(re.compile("node=o"))
    at.press("Escape")
    expect(at.page).not_to_have_url(re.compile("node="))


def test_the_canvas_is_moved_by_dragging_with_space_held(editor: Opened):
    at = editor(row())
    before = at.middle(at.node("llm"))
    x, y = before
    at.page.keyboard.down("Space")
    at.page.mouse.move(x, y)
    at.page.mouse.down()
    at.page.mouse.move(x + 120, y + 60, steps=8)
    at.page.mouse.up()
    at.page.keyboard.up("Space")
    after = at.middle(at.node("llm"))
    assert after[0] - before[0] > 80
    assert after[1] - before[1] > 30
    assert [node["position"] for node in at.saved()["nodes"]] == [node["position"] for node in row()["nodes"]]


def test_a_right_click_offers_what_the_keys_do(editor: Opened):
    at = editor(row())
    at.node("llm").click(button="right")
    expect(at.page.get_by_role("menuitem")).to_contain_text(["Rename", "Copy", "Cut", "Duplicate", "Delete"])
    at.page.get_by_role("menuitem", name="Duplicate").click()
    expect(at.page.locator(".react-flow__node")).to_have_count(4)
    at.canvas.click(button="right", position={"x": 500, "y": 650})
    at.page.get_by_role("menuitem", name="Undo").click()
    expect(at.page.locator(".react-flow__node")).to_have_count(3)
    a, b = at.middle(at.port("q", "text")), at.middle(at.port("llm", "prompt", "target"))
    at.page.mouse.click((a[0] + b[0]) / 2, (a[1] + b[1]) / 2, button="right")
    at.page.get_by_role("menuitem", name="Delete edge").click()
    expect(at.edges()).to_have_count(1)


def test_keys_are_listed_and_none_fires_while_text_is_typed(editor: Opened):
    at = editor(row())
    at.page.get_by_label("Name of the stack").fill("A/?.1")
    expect(at.page.get_by_role("dialog")).to_be_hidden()
    at.canvas.click(position={"x": 400, "y": 650})
    at.press("?")
    expect(at.page.get_by_role("dialog", name="Keyboard shortcuts")).to_contain_text("Tidy up the layout")
    at.press("Escape")
    at.press("/")
    expect(at.page.get_by_role("combobox", name="Add a component")).to_be_focused()
    at.press("Escape")
    at.press("ControlOrMeta+k")
    expect(at.page.get_by_role("combobox", name="Go to")).to_be_focused()
    at.page.keyboard.type("llm engine")
    at.press("Enter")
    expect(at.page.get_by_role("complementary", name="llm")).to_be_visible()


def test_the_same_stack_is_built_with_the_keyboard_alone(editor: Opened):
    at = editor()
    for word in ("query", "knowledge", "llm", "output"):
        at.press("/")
        at.page.keyboard.type(word)
        at.press("Enter")
    expect(at.page.locator(".react-flow__node")).to_have_count(4)

    def connect(node: str, port: str, to: str) -> None:
        at.page.locator(f'.react-flow__node[data-id="{node}"]').focus()
        at.press("Enter")
        button = at.page.locator(f'.react-flow__node[data-id="{node}"]').get_by_role(
            "button", name=re.compile(f"Output {port}")
        )
        while not button.evaluate("one => one === document.activeElement"):
            at.press("Tab")
        at.press("Enter")
        at.page.keyboard.type(to)
        at.press("Enter")

    connect("query-1", "Text", "llm engine prompt")  # the others were wired as they were added
    assert at.wires() == {
        ("query-1", "text", "knowledge_base-1", "query"),
        ("query-1", "text", "llm-1", "prompt"),
        ("knowledge_base-1", "context", "llm-1", "context"),
        ("llm-1", "answer", "output-1", "answer"),
    }
    at.press("Escape")
    at.page.locator('.react-flow__node[data-id="query-1"]').focus()
    at.press("Enter", "Alt+ArrowRight")
    expect(at.page).to_have_url(re.compile("node=knowledge_base-1"))
    before = next(one["position"] for one in at.saved()["nodes"] if one["id"] == "knowledge_base-1")
    at.page.locator('.react-flow__node[data-id="knowledge_base-1"]').focus()
    at.press("ArrowDown", "ArrowDown")
    at.page.wait_for_timeout(700)
    after = next(one["position"] for one in at.saved()["nodes"] if one["id"] == "knowledge_base-1")
    assert after["y"] > before["y"]
    at.press("ControlOrMeta+z")
    at.page.wait_for_timeout(700)
    assert next(one["position"] for one in at.saved()["nodes"] if one["id"] == "knowledge_base-1") == before


def test_tab_leads_out_of_the_canvas(editor: Opened):
    at = editor(row())
    at.page.locator('.react-flow__node[data-id="q"]').focus()
    for _ in range(40):
        at.press("Tab")
        if not at.page.evaluate("document.activeElement?.closest('.react-flow') !== null"):
            return
    raise AssertionError("Tab stays in the canvas")


def test_the_outline_is_the_same_stack_as_a_table(editor: Opened):
    at = editor(apart())
    at.page.get_by_role("button", name="Show the outline").click()
    table = at.page.get_by_role("table")
    expect(table.get_by_role("row")).to_have_count(5)
    at.page.get_by_label("Prompt of llm, text").select_option(label="q: Text")
    at.page.get_by_label("Answer of o, text or documents").select_option(label="llm: Answer")
    at.page.get_by_label("Name of llm").fill("Thinker")
    assert at.wires() == {("q", "text", "llm", "prompt"), ("llm", "answer", "o", "answer")}
    at.page.get_by_role("button", name="Delete kb").click()
    at.page.get_by_role("button", name="Show the canvas").click()
    expect(at.node("llm")).to_contain_text("Thinker")
    expect(at.page.locator(".react-flow__node")).to_have_count(3)


def test_dark_and_light_come_from_the_system_and_can_be_chosen(page: Page, stacks: Stacks):
    page.emulate_media(color_scheme="dark")
    page.goto(stacks.url)
    root = page.locator("html")
    expect(root).to_have_attribute("data-theme", "dark")
    page.emulate_media(color_scheme="light")
    expect(root).to_have_attribute("data-theme", "light")
    page.get_by_role("button", name="Use the dark theme").click()
    expect(root).to_have_attribute("data-theme", "dark")
    page.reload()
    expect(root).to_have_attribute("data-theme", "dark")


def test_addresses_of_before_lead_to_those_of_today(page: Page, stacks: Stacks):
    leads = {
        "/": "/stacks",
        "/documents": "/knowledge",
        "/documents?base=b": "/knowledge?base=b",
        "/credentials": "/settings/credentials",
        "/settings": "/settings/profile",
    }
    for before, today in leads.items():
        page.goto(f"{stacks.url}{before}")
        expect(page).to_have_url(f"{stacks.url}{today}")
        expect(page.locator("h1")).to_be_visible()
