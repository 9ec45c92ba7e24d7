"""My stacks: found, sorted, tagged, described, copied with documents, taken out and in again, deleted and brought back."""

import io
import json
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.e2e.chat import asked
from tests.e2e.editor import Json, Stacks
from tests.e2e.seeing import grave, until
from tests.e2e.test_building import row
from tests.support.server import Server

READY = 60_000  # milliseconds: the embedder starts with the first document
PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stacks]:
    """A server of this file's own, so that lists have what its tests put into them."""
    server = Server(tmp_path_factory.mktemp("stacks"), example=False)
    try:
        yield Stacks(server.start().url)
    finally:
        server.stop()


@pytest.fixture(autouse=True)
def nothing_there(alone: Stacks, context: BrowserContext) -> None:
    """No stack, and a browser that has been here: a first visit would open the only stack as the example."""
    context.add_init_script("try { localStorage.setItem('genai-stack.visited', 'yes') } catch {}")
    for item in alone.client.get("/workflows", params={"limit": 500}).json()["items"]:
        alone.client.delete(f"/workflows/{item['id']}").raise_for_status()


def card(page: Page, name: str) -> Locator:
    return page.get_by_role("listitem").filter(has=page.get_by_role("link", name=name, exact=True))


def names(page: Page) -> Locator:
    return page.get_by_role("list", name="Stacks").get_by_role("heading", level=2)


def act(page: Page, name: str, action: str) -> None:
    page.get_by_role("button", name=f"More actions for {name}", exact=True).click()
    page.get_by_role("menuitem", name=action).click()


def with_document(stacks: Stacks, name: str) -> Json:
    made = stacks.make(asked(None, documents=True), name=name)
    files = {"file": ("bees.txt", b"Bees dance.")}
    stacks.client.post(f"/workflows/{made['id']}/documents", files=files).raise_for_status()
    until(lambda: documents(stacks, made["id"]) == [("bees.txt", "ready")], within=60)
    return made


def documents(stacks: Stacks, workflow_id: str) -> list[tuple[str, str]]:
    items = stacks.client.get(f"/workflows/{workflow_id}/documents").json()["items"]
    return [(item["filename"], item["status"]) for item in items]


def test_a_stack_is_found_deleted_and_brought_back(page: Page, alone: Stacks):
    """Row 12 of the page faults."""
    made = alone.make(row(), name="Zebra crossing")
    alone.make(row(), name="Other")
    page.goto(alone.url)
    expect(names(page)).to_have_count(2)
    page.get_by_label("Search stacks").fill("zebra")
    expect(names(page)).to_have_text(["Zebra crossing"])
    expect(card(page, "Zebra crossing").locator("svg rect").first).to_be_attached()
    act(page, "Zebra crossing", "Delete")
    expect(page.get_by_text("No stacks found")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(card(page, "Zebra crossing")).to_be_visible()
    assert alone.get(made["id"])["name"] == "Zebra crossing"
    act(page, "Zebra crossing", "Delete")
    page.goto("about:blank")
    until(lambda: alone.client.get(f"/workflows/{made['id']}").status_code == 404)


def test_name_description_and_tags_are_edited_on_the_card(page: Page, alone: Stacks):
    """Row 12 of the page faults."""
    made = alone.make(row(), name="Untidy")
    page.goto(alone.url)
    act(page, "Untidy", "Edit details")
    form = page.get_by_role("dialog", name="Edit details")
    form.get_by_label("Name").fill("Refunds")
    form.get_by_label("Description").fill("Answers questions about refunds")
    form.get_by_label("Tags").fill("support, Drafts, support")
    form.get_by_role("button", name="Save").click()
    expect(card(page, "Refunds")).to_contain_text("Answers questions about refunds")
    now = alone.get(made["id"])
    assert (now["name"], now["tags"], now["configuration"]) == ("Refunds", ["Drafts", "support"], row())
    alone.make(row(), name="Without tags")
    page.reload()
    expect(names(page)).to_have_count(2)
    card(page, "Refunds").get_by_role("button", name="Show stacks tagged support").click()
    expect(names(page)).to_have_text(["Refunds"])
    page.reload()  # the address keeps it
    expect(page.get_by_label("Tag", exact=True)).to_have_value("support")
    expect(names(page)).to_have_text(["Refunds"])


def test_stacks_are_sorted_and_shown_as_a_list(page: Page, alone: Stacks):
    for name in ("banana", "Apple", "cherry"):
        alone.make(row(), name=name)
    page.goto(alone.url)
    expect(names(page)).to_have_text(["cherry", "Apple", "banana"])
    page.get_by_label("Sort by").select_option(label="Name")
    expect(names(page)).to_have_text(["Apple", "banana", "cherry"])
    page.get_by_role("button", name="List", exact=True).click()
    expect(page.get_by_role("list", name="Stacks").locator("svg rect")).to_have_count(0)
    page.reload()
    expect(page.get_by_role("button", name="List", exact=True)).to_have_attribute("aria-pressed", "true")
    expect(names(page)).to_have_text(["Apple", "banana", "cherry"])


def test_more_stacks_than_a_page_holds_are_all_reached_by_scrolling(page: Page, alone: Stacks):
    for number in range(130):
        alone.make({"nodes": [], "edges": []}, name=f"Stack {number:03}")
    page.goto(f"{alone.url}/stacks?sort=name")
    expect(names(page)).not_to_have_count(0)
    assert names(page).count() < 130

    def scrolled_to_the_end() -> bool:
        page.mouse.wheel(0, 5_000)
        return names(page).count() == 130

    until(scrolled_to_the_end)
    expect(names(page).last).to_have_text("Stack 129")
    page.keyboard.press("ControlOrMeta+k")
    page.get_by_role("dialog").get_by_role("combobox").fill("stack 007")
    expect(page.get_by_role("option", name="Stack 007")).to_be_visible()


def test_new_stack_offers_templates_that_run(page: Page, alone: Stacks):
    alone.make(row(), name="There before")
    page.goto(alone.url)
    page.get_by_role("button", name="New stack").click()
    choices = page.get_by_role("dialog", name="New stack")
    expect(choices.get_by_role("button", name=re.compile("Draft and review"))).to_be_visible()
    assert grave(page) == []
    choices.get_by_role("button", name=re.compile("Chat with documents")).click()
    page.wait_for_url(re.compile("/stacks/.+"))
    expect(page.locator(".react-flow__node")).to_have_count(4)
    assert alone.run(page.url.split("/stacks/")[1].split("?")[0], "Anything?")["status"] == "succeeded"


def test_a_duplicate_has_the_documents(page: Page, alone: Stacks):
    """Row 8 of the page faults."""
    with_document(alone, "Animals")
    page.goto(alone.url)
    act(page, "Animals", "Duplicate")
    expect(card(page, "Animals (copy)")).to_be_visible()
    items = alone.client.get("/workflows", params={"q": "(copy)"}).json()["items"]
    assert documents(alone, items[0]["id"]) == [("bees.txt", "ready")]


def test_a_stack_goes_out_with_its_documents_and_comes_back(page: Page, alone: Stacks, tmp_path: Path):
    """Row 8 of the page faults."""
    with_document(alone, "Travelling")
    page.goto(alone.url)
    act(page, "Travelling", "Export")
    dialog = page.get_by_role("dialog", name="Export “Travelling”")
    expect(dialog.get_by_role("region", name="In the file", exact=True)).to_contain_text("1 document")
    expect(dialog.get_by_role("region", name="Not in the file")).to_contain_text("Conversations, runs")
    with page.expect_download() as download:
        dialog.get_by_role("button", name="Export").click()
    content = download.value.path().read_bytes()
    assert download.value.suggested_filename == "Travelling.zip"
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        assert archive.read("documents/bees.txt") == b"Bees dance."
        assert json.loads(archive.read("stack.json"))["documents"][0]["filename"] == "bees.txt"
    file = {"name": "Travelling.zip", "mimeType": "application/zip", "buffer": content}
    page.get_by_label("Import stacks from files").set_input_files(file)
    page.wait_for_url(re.compile("/stacks/.+"))
    expect(page.get_by_label("Messages")).to_contain_text("Imported “Travelling” with 1 document.")
    workflow_id = page.url.split("/stacks/")[1]
    until(lambda: documents(alone, workflow_id) == [("bees.txt", "ready")], within=60)


def test_an_export_without_documents_says_so_and_so_does_the_import(page: Page, alone: Stacks):
    """Row 8 of the page faults."""
    made = with_document(alone, "Light")
    configuration = alone.get(made["id"])["configuration"]
    llm = next(node for node in configuration["nodes"] if node["type"] == "llm")
    llm["data"]["config"] = {"credential_id": "11111111-1111-4111-8111-111111111111"}
    alone.put(made["id"], configuration=configuration)
    page.goto(alone.url)
    act(page, "Light", "Export")
    dialog = page.get_by_role("dialog", name="Export “Light”")
    dialog.get_by_label(re.compile("Include 1 document")).uncheck()
    left_out = dialog.get_by_role("region", name="Not in the file")
    expect(left_out).to_contain_text("1 document")
    expect(left_out).to_contain_text("The API key of “llm”")
    with page.expect_download() as download:
        dialog.get_by_role("button", name="Export").click()
    content = download.value.path().read_bytes()
    assert download.value.suggested_filename == "Light.json"
    assert b"credential_id" not in content
    assert "1 document" in json.loads(content)["not_included"]
    file = {"name": "Light.json", "mimeType": "application/json", "buffer": content}
    page.get_by_label("Import stacks from files").set_input_files(file)
    expect(page.get_by_label("Messages")).to_contain_text("doesn’t include bees.txt: add it in the Knowledge Base.")


def test_a_file_that_is_no_stack_is_refused_with_a_sentence(page: Page, alone: Stacks):
    page.goto(alone.url)
    for name, content, sentence in (
        ("bad.json", b"nonsense", "“bad.json” is not JSON"),
        ("bad.zip", b"PK and nothing more", "The archive is damaged"),
        ("empty.json", b"{}", "“empty.json” contains no stack"),
    ):
        file = {"name": name, "mimeType": "application/octet-stream", "buffer": content}
        page.get_by_label("Import stacks from files").set_input_files(file)
        expect(page.get_by_label("Messages")).to_contain_text(sentence)
    assert alone.client.get("/workflows").json()["total"] == 0


def test_the_first_tab_skips_to_the_content(page: Page, alone: Stacks):
    for address in ("/stacks", "/knowledge", "/settings/credentials", "/settings/profile", "/help"):
        page.goto(alone.url + address)
        expect(page.get_by_role("main")).to_be_visible()
        page.keyboard.press("Tab")
        skip = page.get_by_role("link", name="Skip to content")
        expect(skip).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.get_by_role("main")).to_be_focused()


@pytest.mark.parametrize("address", ["/stacks", "/knowledge", "/settings/credentials", "/settings/profile"])
def test_a_phone_shows_words_in_the_navigation_and_no_keyboard_shortcuts(page: Page, alone: Stacks, address: str):
    """Row 6 of the page faults."""
    phone = page.context.browser.new_context(viewport=PHONE, has_touch=True, is_mobile=True)  # type: ignore[union-attr]
    try:
        shown = phone.new_page()
        shown.goto(alone.url + address)
        pages = shown.get_by_role("navigation", name="Pages")
        for label in ("My stacks", "Knowledge", "API keys", "Settings"):
            expect(pages.get_by_text(label, exact=True)).to_be_in_viewport(ratio=1)
        expect(shown.locator("kbd:visible")).to_have_count(0)
        assert shown.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        assert grave(shown) == []
    finally:
        phone.close()
