"""The README's pictures: what a person sees today. `PICTURES=docs/pictures` keeps them there."""

import os
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.chat import model
from tests.e2e.editor import Stacks
from tests.support.server import Server

ANSWER = (
    "A refund is paid **within fourteen days** of the return of the goods [1].\n\n"
    "| what | how long |\n| --- | --- |\n| refund | 14 days |\n| exchange | 30 days |\n\n"
    "Shipping is refunded only when the goods arrived damaged."
)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_person_sees_the_editor_the_chat_and_the_stacks(page: Page, tmp_path: Path, theme: str) -> None:
    folder = Path(os.environ.get("PICTURES") or tmp_path / "pictures")
    folder.mkdir(parents=True, exist_ok=True)
    server = Server(tmp_path).start()
    try:
        page.emulate_media(color_scheme="dark" if theme == "dark" else "light", reduced_motion="reduce")
        page.goto(server.url)
        expect(page.locator(".react-flow__node")).to_have_count(4)
        page.get_by_role("button", name="Send").click()
        expect(page.get_by_test_id("node-llm-1")).to_contain_text("Done", timeout=60_000)
        page.screenshot(path=folder / f"editor-{theme}.png")

        stacks = Stacks(server.url)
        stack = stacks.client.get("/workflows").json()["items"][0]
        with model(answer=ANSWER, gap_ms=120, ttft_ms=300) as fake:
            whole = stacks.client.get(f"/workflows/{stack['id']}").json()
            llm = next(one for one in whole["configuration"]["nodes"] if one["type"] == "llm")
            llm["data"]["config"] = {"provider": "openai_compatible", "model": "fake", "base_url": fake.base_url}
            body = {name: whole[name] for name in ("name", "description", "configuration")}
            stacks.client.put(f"/workflows/{stack['id']}", json=body).raise_for_status()
            page.goto(f"{server.url}/stacks/{stack['id']}")
            expect(page.locator(".react-flow__node")).to_have_count(4)
            page.keyboard.press("ControlOrMeta+Enter")
            page.get_by_label("Your question").fill("When is a refund paid? THINK it over.")
            page.keyboard.press("Enter")
            expect(page.get_by_test_id("node-llm-1")).to_have_attribute("data-status", "running")
            expect(page.get_by_role("log", name="Conversation")).to_contain_text("A refund is")
            page.screenshot(path=folder / f"running-{theme}.png")
            expect(page.get_by_test_id("node-llm-1")).to_contain_text("Done", timeout=60_000)
            page.goto(f"{server.url}/chat/{stack['id']}")
            conversation = page.get_by_role("log", name="Conversation")
            expect(conversation).to_contain_text("arrived damaged", timeout=30_000)
            expect(conversation.get_by_role("table")).to_be_visible()
            page.screenshot(path=folder / f"chat-{theme}.png")

        page.goto(server.url)
        expect(page.get_by_role("heading", name="My stacks")).to_be_visible()
        expect(page.get_by_role("list", name="Stacks")).to_be_visible()
        page.screenshot(path=folder / f"stacks-{theme}.png")
    finally:
        server.stop()
    assert len(list(folder.glob(f"*-{theme}.png"))) == 4
