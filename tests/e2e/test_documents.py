"""Documents are sent, watched, searched, read and deleted; knowledge bases are made and shared."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.chat import asked
from tests.e2e.editor import Stacks
from tests.e2e.seeing import grave, until
from tests.support.files import pdf

READY = 60_000  # milliseconds: the embedder starts with the first document


@pytest.fixture
def base(page: Page, stacks: Stacks) -> str:
    """A shared knowledge base of its own, opened on the page."""
    made = stacks.client.post("/knowledge-bases", json={"name": "Animals"}).raise_for_status().json()
    page.goto(f"{stacks.url}/documents?base={made['id']}")
    expect(page.get_by_role("heading", name="Animals")).to_be_visible()
    return made["id"]


def _files(folder: Path) -> list[Path]:
    animals, plants = folder / "animals.pdf", folder / "plants.md"
    animals.write_bytes(pdf("The whale is large.", "Bees dance.", title="About animals", author="A. Nimal"))
    plants.write_text("# Plants\n\nMoss grows slowly.", encoding="utf-8")
    return [animals, plants]


def test_files_are_sent_and_become_ready(page: Page, tmp_path: Path, base: str, stacks: Stacks):
    page.get_by_label("Files to add").set_input_files(_files(tmp_path))
    expect(page.get_by_label("Files to add")).to_have_attribute("accept", re.compile(r"\.html\b"))
    documents = page.get_by_test_id("document")
    expect(documents).to_have_count(2, timeout=READY)
    animals = documents.filter(has_text="animals.pdf")
    expect(animals).to_have_attribute("data-status", "ready", timeout=READY)
    expect(animals).to_contain_text("2 pages · 2 passages")
    expect(documents.filter(has_text="plants.md")).to_have_attribute("data-status", "ready", timeout=READY)
    animals.get_by_role("button", name="Details").click()
    expect(animals).to_contain_text("A. Nimal")
    page.get_by_label("Test question").fill("What do bees do?")
    page.get_by_role("button", name="Search", exact=True).click()
    first = page.get_by_label("Passages").get_by_role("listitem").first
    expect(first).to_contain_text("animals.pdf, page 2")
    expect(first).to_contain_text(re.compile(r"\d+ % match"))
    first.get_by_role("button").click()
    reader = page.get_by_role("dialog", name="animals.pdf")
    expect(reader.get_by_role("img", name="Page 2 of animals.pdf")).to_be_visible()
    reader.get_by_role("button", name="Previous page").click()
    expect(reader.get_by_role("img", name="Page 1 of animals.pdf")).to_be_visible()
    reader.get_by_role("button", name="Close").click()
    page.get_by_role("button", name="Delete animals.pdf").click()
    expect(documents).to_have_count(1)
    page.get_by_role("button", name="Undo").click()
    expect(documents).to_have_count(2)
    page.get_by_role("button", name="Delete animals.pdf").click()
    page.goto("about:blank")
    listed = f"/knowledge-bases/{base}/documents"
    until(lambda: [one["filename"] for one in stacks.client.get(listed).json()["items"]] == ["plants.md"])


@pytest.mark.usefixtures("base")
def test_row_15_a_passage_is_shown_and_marked_by_its_sentence_that_matched(page: Page, base: str, stacks: Stacks):
    """Row 15 of the faults: the search test and the reader show the sentence, not the passage's first words."""
    filler = "Otters sleep in rivers and hold each other by the hand.\n" * 24
    lighthouse = pdf(f"{filler}The keeper carried oil up the stairs.\n{filler}")
    page.get_by_label("Files to add").set_input_files(
        [{"name": "keeper.pdf", "mimeType": "application/pdf", "buffer": lighthouse}]
    )
    expect(page.get_by_test_id("document")).to_have_attribute("data-status", "ready", timeout=READY)
    page.get_by_label("Test question").fill("Who carries the oil?")
    page.get_by_role("button", name="Search", exact=True).click()
    first = page.get_by_label("Passages").get_by_role("listitem").first
    marked = first.locator("mark")
    expect(marked).to_have_text("The keeper carried oil up the stairs.")
    expect(marked).to_be_in_viewport()
    first.get_by_role("button").click()
    reader = page.get_by_role("dialog", name="keeper.pdf")
    expect(reader.get_by_test_id("match-mark")).to_have_count(1)
    expect(reader.get_by_test_id("match-mark")).to_be_in_viewport()
    expect(reader.get_by_test_id("passage-mark").first).to_be_attached()
    expect(reader.get_by_role("blockquote")).to_have_count(0)
    reader.get_by_role("button", name="Text", exact=True).click()
    expect(reader.get_by_test_id("match-mark")).to_have_text("The keeper carried oil up the stairs.")
    expect(reader.get_by_test_id("match-mark")).to_be_in_viewport()


@pytest.mark.usefixtures("base")
def test_a_file_is_dropped(page: Page):
    page.evaluate(
        """() => {
            const files = new DataTransfer();
            files.items.add(new File(["Moss grows slowly."], "moss.txt", { type: "text/plain" }));
            const zone = document.querySelector('section[aria-label="Add documents"]');
            for (const type of ["dragover", "drop"]) {
                zone.dispatchEvent(new DragEvent(type, { bubbles: true, cancelable: true, dataTransfer: files }));
            }
        }"""
    )
    expect(page.get_by_test_id("document")).to_have_attribute("data-status", "ready", timeout=READY)


@pytest.mark.usefixtures("base")
def test_a_file_that_cannot_be_read_says_why(page: Page):
    broken = {"name": "broken.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7 and nothing more"}
    page.get_by_label("Files to add").set_input_files([broken])
    document = page.get_by_test_id("document")
    expect(document).to_have_attribute("data-status", "failed", timeout=READY)
    expect(document.locator(".text-bad").last).to_contain_text(re.compile(r"\w+ .+\."))


@pytest.mark.usefixtures("base")
def test_a_file_that_is_refused_says_why_and_can_be_put_away(page: Page):
    page.route("**/documents", lambda route: route.abort() if route.request.method == "POST" else route.continue_())
    page.get_by_label("Files to add").set_input_files([{"name": "a.txt", "mimeType": "text/plain", "buffer": b"Hi."}])
    sending = page.get_by_test_id("sending")
    expect(sending).to_contain_text("can’t be reached")
    sending.get_by_role("button", name="Dismiss").click()
    expect(sending).to_have_count(0)


def test_a_knowledge_base_is_made_renamed_and_deleted(page: Page, stacks: Stacks):
    page.goto(f"{stacks.url}/documents")
    page.get_by_role("button", name="New knowledge base").first.click()
    form = page.get_by_role("dialog", name="New knowledge base")
    form.get_by_label("Name").fill("Handbooks")
    form.get_by_label("Passage length (words)").fill("100")
    form.get_by_label("Overlap (words)").fill("10")
    form.get_by_role("button", name="Create").click()
    expect(page.get_by_role("heading", name="Handbooks")).to_be_visible()
    expect(page.get_by_text("passages of up to 100 words")).to_be_visible()
    page.get_by_role("button", name="Edit knowledge base").click()
    page.get_by_role("dialog").get_by_label("Name").fill("Manuals")
    page.get_by_role("dialog").get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Manuals")).to_be_visible()
    page.get_by_role("button", name="Delete knowledge base").click()
    expect(page.get_by_role("heading", name="Manuals")).to_be_hidden()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("button", name="Manuals")).to_be_visible()
    page.get_by_role("button", name="Manuals").click()
    page.get_by_role("button", name="Delete knowledge base").click()
    expect(page.get_by_role("button", name="Manuals")).to_be_hidden()


def test_a_stack_takes_documents_beside_its_knowledge_base(page: Page, stacks: Stacks):
    made = stacks.make(asked(None, documents=True))
    page.goto(f"{stacks.url}/stacks/{made['id']}?node=kb")
    page.get_by_label("Files to add").set_input_files(
        [{"name": "bees.txt", "mimeType": "text/plain", "buffer": b"Bees dance."}]
    )
    document = page.get_by_test_id("document")
    expect(document).to_have_attribute("data-status", "ready", timeout=READY)
    expect(document).to_contain_text("1 passage")


def test_a_link_to_a_document_opens_it(page: Page, stacks: Stacks, base: str):
    sent = stacks.client.post(f"/knowledge-bases/{base}/documents", files={"file": ("a.txt", b"Moss grows slowly.")})
    page.goto(f"{stacks.url}/documents/{sent.json()['items'][0]['id']}")
    expect(page.get_by_role("dialog", name="a.txt")).to_be_visible()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 360])
@pytest.mark.usefixtures("base")
def test_axe_finds_nothing_serious(page: Page, theme: str, width: int, tmp_path: Path):
    page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
    page.set_viewport_size({"width": width, "height": 800})
    page.get_by_label("Files to add").set_input_files(_files(tmp_path)[1:])
    expect(page.get_by_test_id("document")).to_have_attribute("data-status", "ready", timeout=READY)
    assert grave(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.get_by_role("button", name="plants.md", exact=True).click()
    expect(page.get_by_role("dialog").get_by_text("Moss grows slowly.")).to_be_visible()
    assert grave(page) == []
    page.keyboard.press("Escape")
    page.get_by_role("button", name="New knowledge base").click()
    expect(page.get_by_role("dialog").get_by_label("Name")).to_be_visible()
    assert grave(page) == []
