"""What a person sees and does in the editor, and what the server has of it."""

from typing import Any
from urllib.parse import urlencode

import httpx2
from playwright.sync_api import FloatRect, Locator, Page, expect

Json = dict[str, Any]
DRAG_STEPS = 8


class Stacks:
    """The server's side of the stacks."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.client = httpx2.Client(base_url=f"{url}/api/v1", timeout=30)

    def make(self, configuration: Json, name: str = "A stack") -> Json:
        body = {"name": name, "description": "", "configuration": configuration}
        return self.client.post("/workflows", json=body).raise_for_status().json()

    def get(self, workflow_id: str) -> Json:
        return self.client.get(f"/workflows/{workflow_id}").raise_for_status().json()

    def put(self, workflow_id: str, **changes: Any) -> Json:
        now = self.get(workflow_id)
        body = {name: changes.get(name, now[name]) for name in ("name", "description", "configuration")}
        return self.client.put(f"/workflows/{workflow_id}", json=body).raise_for_status().json()

    def run(self, workflow_id: str, query: str) -> Json:
        answer = self.client.post(
            f"/workflows/{workflow_id}/runs", json={"query": query}, headers={"prefer": "wait=30"}
        )
        return answer.raise_for_status().json()

    def template(self, name: str) -> Json:
        items = self.client.get("/templates").raise_for_status().json()["items"]
        return next(item for item in items if item["id"] == name)["configuration"]


class Editor:
    def __init__(self, page: Page, stacks: Stacks, workflow_id: str) -> None:
        self.page, self.stacks, self.id = page, stacks, workflow_id

    def open(self, **address: str) -> "Editor":
        query = f"?{urlencode(address)}" if address else ""
        self.page.goto(f"{self.stacks.url}/stacks/{self.id}{query}")
        expect(self.page.get_by_test_id("library-query")).to_be_attached()
        expect(self.page.get_by_test_id("zoom")).to_be_attached()
        self.page.wait_for_timeout(150)  # the first fit of the view
        return self

    # What is seen

    @property
    def canvas(self) -> Locator:
        return self.page.get_by_test_id("canvas")

    def node(self, node_id: str) -> Locator:
        return self.page.get_by_test_id(f"node-{node_id}")

    def edges(self) -> Locator:
        return self.page.locator(".react-flow__edge")

    def port(self, node_id: str, name: str, side: str = "source") -> Locator:
        found = self.page.locator(f'.react-flow__node[data-id="{node_id}"]')
        return found.locator(f'.react-flow__handle.{side}[data-handleid="{name}"]')

    def box(self, what: Locator) -> FloatRect:
        found = what.bounding_box()
        assert found is not None
        return found

    def middle(self, what: Locator) -> tuple[float, float]:
        box = self.box(what)
        return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2

    def said(self, text: str) -> Locator:
        return self.page.get_by_label("Messages").get_by_text(text)

    # What is done

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def drop(self, kind: str, x: float, y: float) -> None:
        """Drags a component from the library to a place on the page."""
        source = self.page.get_by_test_id(f"library-{kind}")
        corner = self.box(self.canvas)
        source.drag_to(self.canvas, target_position={"x": x - corner["x"], "y": y - corner["y"]})

    def drag(self, start: tuple[float, float], end: tuple[float, float], release: bool = True) -> None:
        mouse = self.page.mouse
        mouse.move(*start)
        mouse.down()
        mouse.move(*end, steps=DRAG_STEPS)
        mouse.move(end[0] + 1, end[1], steps=2)
        if release:
            mouse.up()

    def connect(self, source: tuple[str, str], target: tuple[str, str], release: bool = True) -> None:
        start, end = self.port(*source), self.port(*target, side="target")
        self.drag(self.middle(start), self.middle(end), release)

    def saved(self) -> Json:
        """The configuration, once everything is saved."""
        expect(self.page.get_by_test_id("saving")).to_have_text("Saved")
        return self.stacks.get(self.id)["configuration"]

    def wires(self) -> set[tuple[str, str, str, str]]:
        edges = self.saved()["edges"]
        return {(edge["source"], edge["sourceHandle"], edge["target"], edge["targetHandle"]) for edge in edges}
