"""The chat in a headless Chromium: the main thread while an answer streams, and a conversation of 2,000 messages."""

import os
import shutil
import sqlite3
import tempfile
import time
from pathlib import Path
from uuid import uuid4

from playwright.sync_api import CDPSession, Page, sync_playwright

from tests.e2e.chat import asked, model
from tests.e2e.editor import Stacks
from tests.load.table import Table
from tests.support.server import Server

SECONDS, TOKENS_PER_SECOND, MESSAGES = 20, 100, 2_000
PARAGRAPH = (
    "Here is **a bold** statement with `code` and a [link](https://example.org), then plain words. " * 6
    + "\n\n- item one is here\n- item two **is** there\n\n```py\nfor x in range(10):\n    print(x)\n```\n\n"
    + "| a | b |\n| --- | --- |\n| 1 | 2 |\n\n## A heading\n\n"
)
FRAMES = """async () => {
  const log = document.querySelector('[role="log"]'), frames = [];
  let last = performance.now();
  for (let step = 0; step < 150; step += 1) {
    log.scrollTop -= 90;
    const now = await new Promise(requestAnimationFrame);
    frames.push(now - last);
    last = now;
  }
  return frames.sort((one, other) => one - other);
}"""


def _busy(session: CDPSession) -> float:
    """Seconds of work of the main thread so far."""
    told = session.send("Performance.getMetrics")["metrics"]
    return next(one["value"] for one in told if one["name"] == "TaskDuration")


def streaming(page: Page, stacks: Stacks) -> float:
    """The busy part of the main thread, from 0 to 1."""
    tokens = (PARAGRAPH * 80).split(" ")[: SECONDS * TOKENS_PER_SECOND]
    with model(answer=" ".join(tokens), gap_ms=1000 / TOKENS_PER_SECOND) as fake:
        made = stacks.make(asked(fake.base_url))
        page.goto(f"{stacks.url}/chat/{made['id']}?session=new")
        page.get_by_label("Your question").fill("Go")
        page.keyboard.press("Enter")
        page.locator('[data-phase="answering"]').wait_for()
        session = page.context.new_cdp_session(page)
        session.send("Performance.enable")
        before, started = _busy(session), time.perf_counter()
        page.wait_for_timeout((SECONDS - 2) * 1000)
        return (_busy(session) - before) / (time.perf_counter() - started)


def filled(server: Server, stacks: Stacks, workflow_id: str) -> str:
    """The id of a conversation with so many messages."""
    chat = stacks.client.post(f"/workflows/{workflow_id}/sessions", json={}).raise_for_status().json()["id"]
    with sqlite3.connect(server.data / "genai-stack.db", timeout=20) as database:
        query = "SELECT workspace_id, created_at FROM chat_sessions WHERE id = ?"
        space, moment = database.execute(query, [chat]).fetchone()
        ids = [str(uuid4()) for _ in range(MESSAGES)]
        database.executemany(
            "INSERT INTO chat_messages"
            ' (id, workspace_id, session_id, position, role, content, parent_id, "metadata", created_at)'
            " VALUES (?, ?, ?, ?, ?, ?, ?, '{}', ?)",
            [
                (
                    ids[place],
                    space,
                    chat,
                    place,
                    "assistant" if place % 2 else "user",
                    PARAGRAPH if place % 2 else "Why?",
                    ids[place - 1 if place % 2 else place - 2] if place else None,
                    moment,
                )
                for place in range(MESSAGES)
            ],
        )
    return chat


def main() -> None:
    folder = Path(tempfile.mkdtemp(prefix="gs-chat-page-"))
    server = Server(folder).start()
    table = Table("The chat in Chromium", "reach", "measured")
    try:
        stacks = Stacks(server.url)
        made = stacks.make(asked(None))
        chat = filled(server, stacks, made["id"])
        with sync_playwright() as playwright:
            arguments = ["--disable-gpu"] + (["--no-sandbox"] if os.geteuid() == 0 else [])
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=arguments)
            page = browser.new_page(viewport={"width": 1440, "height": 900})
            part = streaming(page, stacks)
            name = f"{TOKENS_PER_SECOND} tokens/s for {SECONDS} s: main thread busy"
            table.row(name, "≤ 30 %", f"{part:.0%}")
            started = time.perf_counter()
            page.goto(f"{server.url}/chat/{made['id']}?session={chat}")
            page.locator(".answer").last.wait_for()
            opened = time.perf_counter() - started
            table.row(f"{MESSAGES:,} messages: open", "≤ 1 s", f"{opened:.2f} s")
            page.wait_for_timeout(500)
            frames = page.evaluate(FRAMES)
            p95 = frames[int(len(frames) * 0.95)]
            table.row(f"{MESSAGES:,} messages: scroll frame p95", "≤ 33 ms", f"{p95:.0f} ms")
            browser.close()
        table.print()
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
