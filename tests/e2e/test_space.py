"""The editor leaves the canvas its space, places what is added, and loses neither work nor panels."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e.editor import Editor, Stacks
from tests.e2e.seeing import until
from tests.e2e.test_building import apart, row

Opened = Callable[..., Editor]
SMALLEST_NAME_PX = 11


def _name_height(at: Editor, node_id: str, label: str) -> float:
    """The size of a node's name on the screen, in pixels."""
    name = at.node(node_id).get_by_text(label, exact=True)
    size = float(name.evaluate("one => parseFloat(getComputedStyle(one).fontSize)"))
    return size * at.box(name)["width"] / float(name.evaluate("one => one.offsetWidth"))


def _overlap(one: dict[str, float], other: dict[str, float]) -> bool:
    return (
        one["x"] < other["x"] + other["width"]
        and other["x"] < one["x"] + one["width"]
        and one["y"] < other["y"] + other["height"]
        and other["y"] < one["y"] + one["height"]
    )


@pytest.mark.parametrize(("width", "height"), [(1280, 720), (1440, 900)])
def test_names_can_be_read_beside_the_chat(page: Page, stacks: Stacks, width: int, height: int):
    """Row 1 of the page faults."""
    page.set_viewport_size({"width": width, "height": height})
    configuration = stacks.template("documents")
    at = Editor(page, stacks, stacks.make(configuration)["id"]).open()
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.get_by_test_id("chat")).to_be_visible()
    first = configuration["nodes"][0]
    assert _name_height(at, first["id"], first["data"]["label"]) >= SMALLEST_NAME_PX
    assert at.box(at.canvas)["width"] >= 700


def test_one_panel_at_a_time_stands_on_the_right(editor: Opened, page: Page):
    """Row 1 of the page faults."""
    at = editor(row())
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.get_by_test_id("chat")).to_be_visible()
    page.get_by_label("Your question").fill("Kept")
    at.node("llm").click()
    expect(page.get_by_role("complementary", name="llm")).to_be_visible()
    expect(page.get_by_test_id("chat")).to_be_hidden()
    page.get_by_role("complementary", name="llm").get_by_role("button", name="Close").click()
    expect(page.get_by_test_id("chat")).to_be_visible()
    expect(page.get_by_label("Your question")).to_have_value("Kept")


def test_the_map_comes_with_eight_nodes(editor: Opened, page: Page):
    """Row 1 of the page faults."""
    editor(row())
    expect(page.locator(".react-flow__minimap")).to_have_count(0)


def test_what_is_added_follows_the_last_node_and_is_wired_in_one_step(editor: Opened, page: Page):
    """Row 2 of the page faults."""
    at = editor()
    for kind in ("query", "knowledge_base", "llm", "output"):
        page.get_by_test_id(f"library-{kind}").click()
        expect(at.node(f"{kind}-1")).to_be_visible()
    assert at.wires() == {
        ("query-1", "text", "knowledge_base-1", "query"),
        ("knowledge_base-1", "context", "llm-1", "context"),
        ("llm-1", "answer", "output-1", "answer"),
    }
    places = [one["position"] for one in at.saved()["nodes"]]
    assert [place["x"] for place in places] == sorted(place["x"] for place in places)

    def lie_apart() -> bool:
        boxes = [at.box(at.node(f"{kind}-1")) for kind in ("query", "knowledge_base", "llm", "output")]
        return not any(_overlap(one, other) for at_, one in enumerate(boxes) for other in boxes[at_ + 1 :])

    until(lie_apart)  # when the canvas has moved to the last one
    at.press("Escape", "ControlOrMeta+z")
    expect(at.node("output-1")).to_have_count(0)
    expect(at.edges()).to_have_count(2)


def test_pan_and_zoom_are_kept_over_a_reload(editor: Opened, page: Page):
    """Row 12 of the page faults."""
    at = editor(row())
    at.canvas.click(position={"x": 300, "y": 600})
    at.press("+", "+")
    zoom = page.get_by_test_id("zoom")
    expect(zoom).not_to_have_text("100 %")
    page.wait_for_timeout(400)  # the zoom is animated
    before = zoom.inner_text()
    place = at.box(at.node("q"))
    at.open()
    expect(zoom).to_have_text(before)
    assert abs(at.box(at.node("q"))["x"] - place["x"]) < 3


def test_a_file_dropped_on_the_canvas_goes_to_the_knowledge_base(editor: Opened, page: Page, stacks: Stacks):
    """Row 12 of the page faults."""
    at = editor(apart())
    data = page.evaluate_handle(
        """() => { const data = new DataTransfer();
        data.items.add(new File(["Moss grows slowly."], "moss.txt", { type: "text/plain" })); return data; }"""
    )
    at.canvas.dispatch_event("dragover", {"dataTransfer": data})
    expect(page.get_by_text("Add to Knowledge Base")).to_be_visible()
    at.canvas.dispatch_event("drop", {"dataTransfer": data})
    expect(page.get_by_role("complementary", name="kb")).to_contain_text("moss.txt")
    expect(at.node("kb")).to_contain_text("1 document")


def test_a_second_tab_follows_what_is_saved(editor: Opened, context: BrowserContext, stacks: Stacks):
    """Row 10 of the page faults."""
    at = editor(row())
    other = context.new_page()
    second = Editor(other, stacks, at.id).open()
    at.page.get_by_label("Name of the stack").fill("From tab one")
    expect(second.page.get_by_label("Name of the stack")).to_have_value("From tab one")


def test_a_lost_network_leaves_editor_and_chat_in_place(editor: Opened, page: Page, context: BrowserContext):
    """Row 7 of the page faults."""
    page.route("**/assets/*", lambda route: route.abort() if "outline" in route.request.url else route.continue_())
    at = editor(row())
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.get_by_test_id("chat")).to_be_visible()
    page.get_by_role("button", name="Show the outline").click()
    expect(page.get_by_text("This part of the page could not be loaded.")).to_be_visible()
    expect(page.get_by_test_id("chat")).to_be_visible()
    expect(page.get_by_text("A new version is available")).to_have_count(0)
    page.unroute("**/assets/*")
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_label(re.compile("Name of llm"))).to_be_visible()
    assert at.id in page.url


def test_a_new_stack_shows_its_skeleton_at_once(page: Page, stacks: Stacks):
    """Row 4 of the page faults."""
    page.goto(stacks.url)
    page.route("**/assets/*canvas*.js", lambda route: None)  # is not answered
    page.get_by_role("button", name="New stack").click()
    page.get_by_role("button", name="Blank stack").click()
    expect(page.get_by_text("Loading the stack")).to_be_attached()
    page.unroute_all(behavior="ignoreErrors")


def test_an_empty_canvas_offers_templates(editor: Opened, page: Page):
    at = editor()
    page.get_by_role("region", name="Templates").get_by_role("button").first.click()
    expect(page.locator(".react-flow__node").first).to_be_visible()
    at.press("ControlOrMeta+z")
    expect(page.get_by_text("An empty canvas")).to_be_visible()


@pytest.mark.parametrize(
    ("word", "kind"),
    [("gpt", "llm"), ("pdf", "knowledge_base"), ("rag", "knowledge_base"), ("prompt", "query"), ("chat", "query")],
)
def test_the_library_knows_other_words(editor: Opened, page: Page, word: str, kind: str):
    editor()
    page.get_by_label("Search components").fill(word)
    expect(page.get_by_test_id(f"library-{kind}")).to_be_visible()


def test_nodes_are_found_saved_and_skipped_to_with_keys(editor: Opened, page: Page):
    at = editor(row())
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Skip to the canvas")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator('.react-flow__node[data-id="q"]')).to_be_focused()
    at.press("ControlOrMeta+f")
    expect(page.get_by_role("combobox", name="Find in this stack")).to_be_focused()
    page.keyboard.type("llm")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("node=llm"))
    page.locator('.react-flow__node[data-id="llm"]').focus()
    at.press("ControlOrMeta+s")
    expect(at.said("Saved.")).to_be_visible()


def test_instructions_are_edited_in_a_large_editor(editor: Opened, page: Page):
    at = editor(row()).open(node="llm")
    page.get_by_role("button", name="Open a large editor").click()
    page.get_by_role("dialog", name="Instructions").get_by_label("Instructions").fill("Be brief.")
    page.get_by_role("button", name="Done").click()
    expect(page.get_by_label("Instructions", exact=True)).to_have_value("Be brief.")
    assert any(one["data"]["config"].get("system_prompt") == "Be brief." for one in at.saved()["nodes"])


def test_a_phone_has_the_name_the_menu_and_run(page: Page, stacks: Stacks):
    """Row 6 of the page faults."""
    page.set_viewport_size({"width": 390, "height": 844})
    made = stacks.make(row(), name="Questions about our handbook")
    page.goto(f"{stacks.url}/stacks/{made['id']}")
    name = page.get_by_label("Name of the stack")
    expect(name).to_be_visible()
    box = name.bounding_box()
    assert box is not None and box["width"] >= 150
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.get_by_label("Your question")).to_be_visible()
    page.get_by_role("button", name="Close the chat").click()
    page.get_by_role("button", name="More").click()
    expect(page.get_by_role("menuitem", name="Show the canvas")).to_be_visible()
