"""A stack is put together: components, edges, what is refused, and what is taken back."""

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.e2e.editor import Editor, Stacks
from tests.support.graphs import edge, graph, node

Opened = Callable[..., Editor]


def placed(kind: str, node_id: str, x: float, y: float, **config: object) -> dict[str, object]:
    return node(node_id, kind, **config) | {"position": {"x": x, "y": y}}


def row() -> dict[str, object]:
    """Query, LLM, output, side by side, wired."""
    return graph(
        [placed("query", "q", 0, 0), placed("llm", "llm", 400, 0), placed("output", "o", 800, 0)],
        [edge("q", "text", "llm", "prompt", "e1"), edge("llm", "answer", "o", "answer", "e2")],
    )


def apart() -> dict[str, object]:
    """The same and a knowledge base, not wired."""
    return graph(
        [
            placed("query", "q", 0, 100),
            placed("knowledge_base", "kb", 360, -120),
            placed("llm", "llm", 720, 100),
            placed("output", "o", 1080, 100),
        ],
        [],
    )


def test_the_four_nodes_are_dragged_wired_and_saved(editor: Opened):
    at = editor()
    places = {"query": (390, 400), "knowledge_base": (660, 220), "llm": (660, 600), "output": (930, 400)}
    for kind, place in places.items():
        at.drop(kind, *place)
    expect(at.page.locator(".react-flow__node")).to_have_count(4)
    for kind, place in places.items():
        x, y = at.middle(at.node(f"{kind}-1"))
        assert abs(x - place[0]) < 30 and abs(y - place[1]) < 60
    at.press("Escape")
    at.connect(("query-1", "text"), ("knowledge_base-1", "query"))
    at.connect(("query-1", "text"), ("llm-1", "prompt"))
    at.connect(("knowledge_base-1", "context"), ("llm-1", "context"))
    at.connect(("llm-1", "answer"), ("output-1", "answer"))
    expect(at.edges()).to_have_count(4)
    assert at.wires() == {
        ("query-1", "text", "knowledge_base-1", "query"),
        ("query-1", "text", "llm-1", "prompt"),
        ("knowledge_base-1", "context", "llm-1", "context"),
        ("llm-1", "answer", "output-1", "answer"),
    }
    assert at.stacks.get(at.id)["problems"] == []


def test_a_component_lands_where_it_is_dropped_at_any_zoom(editor: Opened):
    at = editor(row())
    for _ in range(3):
        at.press("-")
        at.page.wait_for_timeout(200)
    at.drop("output", 900, 700)
    new = at.node("output-1")
    expect(new).to_be_visible()
    x, y = at.middle(new)
    assert abs(x - 900) < 30 and abs(y - 700) < 30


def test_a_click_and_enter_add_a_component_too(editor: Opened):
    at = editor()
    at.page.get_by_test_id("library-llm").click()
    expect(at.node("llm-1")).to_be_visible()
    at.page.get_by_test_id("library-output").focus()
    at.press("Enter")
    expect(at.node("output-1")).to_be_visible()


def test_an_edge_dropped_on_the_empty_canvas_offers_only_what_fits(editor: Opened):
    at = editor(graph([placed("knowledge_base", "kb", 0, 0)], []))
    x, y = at.middle(at.port("kb", "context"))
    at.drag((x, y), (x + 200, y + 160))
    options = at.page.get_by_role("option")
    expect(options).to_have_text([re.compile("Output"), re.compile("LLM Engine")])
    at.page.get_by_role("option", name="LLM Engine").click()
    expect(at.node("llm-1")).to_be_visible()
    assert at.wires() == {("kb", "context", "llm-1", "context")}
    at.press("ControlOrMeta+z")
    expect(at.page.locator(".react-flow__node")).to_have_count(1)


def test_a_wrong_edge_is_refused_while_it_is_dragged_and_told_why(editor: Opened):
    at = editor(apart())
    at.connect(("kb", "context"), ("llm", "prompt"), release=False)
    expect(at.page.get_by_test_id("why-not")).to_have_text("Needs text, gets documents")
    expect(at.port("llm", "prompt", "target")).to_have_class(re.compile("port-refused"))
    expect(at.port("llm", "context", "target")).to_have_class(re.compile("port-fits"))
    expect(at.port("o", "answer", "target")).to_have_class(re.compile("port-fits"))
    at.page.mouse.up()
    expect(at.said("needs text, gets documents")).to_be_visible()
    expect(at.edges()).to_have_count(0)


def test_a_circle_is_refused_while_it_is_dragged(editor: Opened):
    two = graph([placed("llm", "a", 0, 0), placed("llm", "b", 400, 100)], [edge("a", "answer", "b", "prompt", "e1")])
    at = editor(two)
    at.connect(("b", "answer"), ("a", "prompt"), release=False)
    expect(at.page.get_by_test_id("why-not")).to_have_text("That would create a loop")
    at.page.mouse.up()
    expect(at.edges()).to_have_count(1)


def test_an_input_takes_one_edge_and_pulling_its_end_off_disconnects(editor: Opened):
    two = graph(
        [placed("query", "q", 0, 0), placed("llm", "a", 0, 260), placed("output", "o", 500, 100)],
        [edge("q", "text", "o", "answer", "e1")],
    )
    at = editor(two)
    at.connect(("a", "answer"), ("o", "answer"))
    assert at.wires() == {("a", "answer", "o", "answer")}
    x, y = at.middle(at.port("o", "answer", "target"))
    at.drag((x - 14, y), (x - 120, y + 220))
    expect(at.edges()).to_have_count(0)
    at.press("ControlOrMeta+z")
    expect(at.edges()).to_have_count(1)


def test_a_plus_on_an_edge_inserts_between(editor: Opened):
    direct = graph(
        [placed("query", "q", 0, 0), placed("output", "o", 700, 0)], [edge("q", "text", "o", "answer", "e1")]
    )
    at = editor(direct)
    a, b = at.middle(at.port("q", "text")), at.middle(at.port("o", "answer", "target"))
    at.page.mouse.move((a[0] + b[0]) / 2, (a[1] + b[1]) / 2)
    at.page.get_by_role("button", name="Insert a component").click()
    at.page.get_by_role("option", name="LLM Engine").click()
    assert at.wires() == {("q", "text", "llm-1", "prompt"), ("llm-1", "answer", "o", "answer")}


def test_a_component_dropped_on_an_edge_goes_between(editor: Opened):
    direct = graph(
        [placed("query", "q", 0, 0), placed("output", "o", 700, 0)], [edge("q", "text", "o", "answer", "e1")]
    )
    at = editor(direct)
    a, b = at.middle(at.port("q", "text")), at.middle(at.port("o", "answer", "target"))
    at.drop("llm", (a[0] + b[0]) / 2, (a[1] + b[1]) / 2)
    assert at.wires() == {("q", "text", "llm-1", "prompt"), ("llm-1", "answer", "o", "answer")}


def test_deleting_a_middle_node_offers_to_heal(editor: Opened):
    at = editor(row())
    at.node("llm").click()
    at.press("Delete")
    expect(at.edges()).to_have_count(0)
    at.page.get_by_role("button", name="Reconnect").click()
    assert at.wires() == {("q", "text", "o", "answer")}
    at.press("ControlOrMeta+z", "ControlOrMeta+z")
    expect(at.edges()).to_have_count(2)


def test_a_drag_snaps_to_the_grid_and_is_one_step(editor: Opened):
    at = editor(row())
    x, y = at.middle(at.node("q").get_by_text("q", exact=True))
    at.drag((x, y), (x + 37, y + 143))
    moved = next(one for one in at.saved()["nodes"] if one["id"] == "q")["position"]
    assert moved != {"x": 0, "y": 0}
    at.press("ControlOrMeta+z")
    assert next(one for one in at.saved()["nodes"] if one["id"] == "q")["position"] == {"x": 0, "y": 0}
    at.press("ControlOrMeta+Shift+z")
    assert next(one for one in at.saved()["nodes"] if one["id"] == "q")["position"] == moved


def test_a_box_selects_many_and_they_are_aligned_as_one_step(editor: Opened):
    at = editor(apart())
    box = at.box(at.canvas)
    at.page.keyboard.down("Shift")
    # Not near the canvas's border: there it moves along.
    at.drag((box["x"] + 60, box["y"] + 60), (box["x"] + box["width"] - 80, box["y"] + box["height"] - 160))
    at.page.keyboard.up("Shift")
    expect(at.page.locator(".react-flow__node.selected")).to_have_count(4)
    at.page.locator(".react-flow__nodesselection-rect").click(button="right", position={"x": 10, "y": 10})
    at.page.get_by_role("menuitem", name="Align top").click()
    assert {one["position"]["y"] for one in at.saved()["nodes"]} == {-120}
    at.press("ControlOrMeta+z")
    assert {one["position"]["y"] for one in at.saved()["nodes"]} == {-120, 100}


def test_layout_puts_everything_in_order_and_is_one_step(editor: Opened):
    """Row 3 of the page faults."""
    heap = row()
    for one in heap["nodes"]:  # type: ignore[attr-defined]
        one["position"] = {"x": 0, "y": 0}
    at = editor(heap)
    at.press("Shift+L")
    at.page.wait_for_timeout(600)
    xs = {one["id"]: one["position"]["x"] for one in at.saved()["nodes"]}
    assert xs["q"] < xs["llm"] < xs["o"]
    at.press("ControlOrMeta+z")
    assert {one["position"]["x"] for one in at.saved()["nodes"]} == {0}


def test_a_copy_is_readable_json_and_is_pasted_in_another_tab(editor: Opened, page: Page, stacks: Stacks):
    at = editor(row())
    at.canvas.click(position={"x": 300, "y": 700})
    at.press("ControlOrMeta+a", "ControlOrMeta+c")
    text = page.evaluate("navigator.clipboard.readText()")
    assert '"type": "llm"' in text
    other = Editor(page.context.new_page(), stacks, stacks.make({"nodes": [], "edges": []})["id"]).open()
    other.canvas.click(position={"x": 300, "y": 700})
    other.press("ControlOrMeta+v")
    expect(other.page.locator(".react-flow__node")).to_have_count(3)
    assert other.wires() == {("query-1", "text", "llm-1", "prompt"), ("llm-1", "answer", "output-1", "answer")}
    other.press("ControlOrMeta+v")
    assert len({one["id"] for one in other.saved()["nodes"]} | set()) in (3, 6)
    expect(other.page.locator(".react-flow__node")).to_have_count(6)


def test_a_sticky_note_holds_markdown_and_does_not_run(editor: Opened):
    at = editor(row())
    at.press("Shift+S")
    at.page.get_by_label("Note", exact=True).last.fill("# Hello\n\n- **bold** <img src=x onerror=alert(1)>")
    at.press("Escape")
    note = at.page.get_by_test_id("note-note-1")
    expect(note.get_by_role("heading", name="Hello")).to_be_visible()
    assert note.locator("img").count() == 0
    saved = at.saved()
    assert [one["text"] for one in saved["notes"]] == ["# Hello\n\n- **bold** <img src=x onerror=alert(1)>"]
    assert len(saved["nodes"]) == 3
    assert at.stacks.get(at.id)["problems"] == []
    at.open()
    expect(at.page.get_by_test_id("note-note-1")).to_be_visible()


def test_a_double_click_on_the_empty_canvas_adds_there(editor: Opened):
    at = editor(row())
    box = at.box(at.canvas)
    x, y = box["x"] + 400, box["y"] + 620
    at.page.mouse.dblclick(x, y)
    at.page.keyboard.type("output")
    at.press("Enter")
    found = at.middle(at.node("output-1"))
    assert abs(found[0] - x) < 60 and abs(found[1] - y) < 60


def _lines(at: Editor, node_id: str) -> set[int]:
    """The top, middle and bottom of a card, in pixels."""
    box = at.box(at.node(node_id))
    return {round(box["y"] + box["height"] * part) for part in (0, 0.5, 1)}


def test_a_dragged_node_shows_what_it_lines_up_with(editor: Opened):
    at = editor(row())
    x, y = at.middle(at.node("q").get_by_text("q", exact=True))
    at.drag((x, y), (x + 10, y + 160), release=False)
    expect(at.page.locator(".guide-y")).to_have_count(0)
    for away in range(24, -24, -4):
        at.page.mouse.move(x + 60, y + away, steps=3)
        at.page.wait_for_timeout(50)
        if at.page.locator(".guide-y").count():
            break
    expect(at.page.locator(".guide-y")).to_have_count(1)
    at.page.mouse.up()
    expect(at.page.locator(".guide-y")).to_have_count(0)
    expect(at.page.get_by_test_id("saving")).to_have_text("Saved")
    assert _lines(at, "q") & (_lines(at, "llm") | _lines(at, "o"))


def test_what_is_cut_comes_back_with_a_paste(editor: Opened):
    at = editor(row())
    at.node("o").click()
    at.press("ControlOrMeta+x")
    expect(at.page.locator(".react-flow__node")).to_have_count(2)
    at.press("ControlOrMeta+v")
    expect(at.page.locator(".react-flow__node")).to_have_count(3)
    at.press("ControlOrMeta+d")
    expect(at.page.locator(".react-flow__node")).to_have_count(4)


def test_a_node_dragged_onto_an_edge_goes_between(editor: Opened):
    two = graph(
        [placed("query", "q", 0, 0), placed("output", "o", 700, 0), placed("llm", "m", 300, 400)],
        [edge("q", "text", "o", "answer", "e1")],
    )
    at = editor(two)
    a, b = at.middle(at.port("q", "text")), at.middle(at.port("o", "answer", "target"))
    grip = at.middle(at.node("m").get_by_text("m", exact=True))
    at.drag(grip, (grip[0] + 10, grip[1] - 100), release=False)
    x, y = at.middle(at.node("m"))
    at.page.mouse.move(grip[0] + 11 + (a[0] + b[0]) / 2 - x, grip[1] - 100 + (a[1] + b[1]) / 2 - y, steps=5)
    expect(at.page.locator(".edge-chosen")).to_have_count(1)
    at.page.mouse.up()
    assert at.wires() == {("q", "text", "m", "prompt"), ("m", "answer", "o", "answer")}
    at.press("ControlOrMeta+z")
    assert at.wires() == {("q", "text", "o", "answer")}


def test_a_selection_is_tidied_up_and_distributed_alone(editor: Opened):
    at = editor(apart())
    for node_id in ("q", "kb", "llm"):
        at.node(node_id).get_by_text(node_id, exact=True).click(modifiers=["Shift"] if node_id != "q" else [])
    expect(at.page.locator(".react-flow__node.selected")).to_have_count(3)
    at.node("kb").click(button="right")
    at.page.get_by_role("menuitem", name="Distribute horizontally").click()
    xs = {one["id"]: one["position"]["x"] for one in at.saved()["nodes"]}
    assert xs["kb"] - xs["q"] == xs["llm"] - xs["kb"] and xs["o"] == 1080
    at.press("Shift+L")
    at.page.wait_for_timeout(600)
    after = {one["id"]: one["position"] for one in at.saved()["nodes"]}
    assert after["o"] == {"x": 1080, "y": 100}
    assert after["kb"]["y"] != -120
    at.press("ControlOrMeta+z")
    assert next(one for one in at.saved()["nodes"] if one["id"] == "kb")["position"]["y"] == -120


def test_more_keys_do_what_they_are_listed_for(editor: Opened):
    at = editor(row())
    zoom = at.page.get_by_test_id("zoom")
    at.node("o").click()
    at.press("Backspace")
    expect(at.page.locator(".react-flow__node")).to_have_count(2)
    at.press("ControlOrMeta+z")
    expect(at.page.locator(".react-flow__node")).to_have_count(3)
    at.press("ControlOrMeta+y")
    expect(at.page.locator(".react-flow__node")).to_have_count(2)
    at.press("-", "-")
    expect(zoom).not_to_have_text("100 %")
    at.node("q").click()
    at.press(".")
    expect(zoom).to_have_text("100 %")
    at.press("+")
    expect(zoom).not_to_have_text("100 %")
