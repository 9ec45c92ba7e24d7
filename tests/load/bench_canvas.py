"""The editor with 500 nodes and 700 edges in a headless Chromium: how long it takes to open, and a drag's frames."""

import shutil
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

from tests.e2e.editor import Stacks
from tests.support.graphs import edge, graph, node
from tests.support.server import Server

NODES, EDGES = 500, 700
FRAMES = """() => new Promise((done) => {
  const frames = []; let last = performance.now();
  const tick = (now) => { frames.push(now - last); last = now; window.counting ? requestAnimationFrame(tick) : done(frames) };
  window.counting = true; requestAnimationFrame(tick);
})"""


def large() -> dict[str, Any]:
    """A query, 498 models in rows and an output; each model hears the one before it, and some a passage too."""
    nodes = [node("q", "query")] + [node(f"n{place}", "llm") for place in range(NODES - 52)]
    nodes += [node(f"k{place}", "knowledge_base") for place in range(50)] + [node("o", "output")]
    for place, one in enumerate(nodes):
        one["position"] = {"x": (place % 25) * 320, "y": (place // 25) * 200}
    models = NODES - 52
    edges = [edge("q" if not place else f"n{place - 1}", "answer" if place else "text", f"n{place}", "prompt")
             for place in range(models)]  # fmt: skip
    edges += [edge("q", "text", f"k{place}", "query") for place in range(50)]
    edges += [
        edge(f"k{place % 50}", "context", f"n{place}", "context", f"c{place}")
        for place in range(EDGES - len(edges) - 1)
    ]
    edges.append(edge(f"n{models - 1}", "answer", "o", "answer"))
    return graph(nodes, edges)


def measured(page: Page, url: str) -> dict[str, float]:
    started = time.perf_counter()
    page.goto(url)
    page.locator(".react-flow__node").first.wait_for()
    page.locator(".react-flow__edge").nth(20).wait_for(state="attached")
    opened = time.perf_counter() - started
    page.wait_for_timeout(1500)
    figures = {"open s": opened, "in the page": float(page.locator(".react-flow__node").count())}
    for view in ("all", "near"):
        if view == "near":
            for _ in range(12):
                page.keyboard.press("+")
                page.wait_for_timeout(250)
        found = [one.bounding_box() for one in page.locator(".react-flow__node").all()[:80]]
        inside = [box for box in found if box and 500 < box["x"] < 900 and 200 < box["y"] < 500]
        box = inside[0]
        x, y = box["x"] + box["width"] / 2, box["y"] + min(20, box["height"] / 3)
        page.mouse.move(x, y)
        page.mouse.down()
        page.mouse.move(x + 12, y, steps=4)
        page.evaluate(f"void (window.frames_ = ({FRAMES})())")
        for step in range(90):
            page.mouse.move(x + 12 + step * 2, y + step)
            page.wait_for_timeout(8)
        page.evaluate("window.counting = false")
        frames = sorted(page.evaluate("window.frames_"))
        page.mouse.up()
        figures[f"drag p95 ms, {view} in view"] = frames[int(len(frames) * 0.95)]
        figures[f"drag median ms, {view} in view"] = statistics.median(frames)
        page.keyboard.press("Escape")
    return figures


def main() -> None:
    folder = Path(tempfile.mkdtemp(prefix="gs-canvas-"))
    server = Server(folder).start()
    try:
        stacks = Stacks(server.url)
        made = stacks.make(large(), name="Large")
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
            )
            page = browser.new_page(viewport={"width": 1440, "height": 900})
            for name, figure in measured(page, f"{server.url}/stacks/{made['id']}").items():
                print(f"{name:32} {figure:8.2f}")
            browser.close()
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
