"""Every page on a small laptop and on a phone: nothing is cut off, and a question is answered from a new document."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.chat import asked
from tests.e2e.editor import Stacks
from tests.e2e.seeing import grave
from tests.support.files import pdf

SCREENS = {"laptop": (1280, 720), "phone": (390, 844)}
PAGES = ("/stacks", "/knowledge", "/settings/credentials", "/settings/profile", "/help", "/no-such-page")
READY = 60_000  # milliseconds: the embedder starts with the first document

# Controls that are in view and lie partly beyond the screen's sides, or under something else that is not theirs.
OUTSIDE = """() => [...document.querySelectorAll("button, a[href], input, select, textarea")].flatMap((one) => {
  const box = one.getBoundingClientRect();
  if (!one.checkVisibility({ opacityProperty: true, visibilityProperty: true }) || box.width < 2) return [];
  if (box.bottom < 0 || box.top > innerHeight || one.closest(".react-flow__viewport, [inert], .sr-only, .truncate")) return [];
  const beyond = box.left < -1 || box.right > innerWidth + 1;
  const scrolls = one.closest("[class*=overflow-x], .table-view");
  return beyond && !scrolls ? [one.outerHTML.slice(0, 160)] : [];
})"""


@pytest.fixture(params=SCREENS)
def screen(request: pytest.FixtureRequest, page: Page) -> Page:
    width, height = SCREENS[request.param]
    page.set_viewport_size({"width": width, "height": height})
    return page


def _fits(page: Page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "the page scrolls sideways"
    assert page.evaluate(OUTSIDE) == []


@pytest.mark.parametrize("address", PAGES)
def test_a_page_fits_the_screen(screen: Page, stacks: Stacks, address: str):
    stacks.make(asked(None, documents=True), name="A stack with quite a long name that has to be shortened somewhere")
    screen.goto(stacks.url + address)
    expect(screen.get_by_role("heading").first).to_be_visible()
    _fits(screen)
    assert grave(screen) == []


def test_a_stack_is_set_asked_and_its_source_read(screen: Page, stacks: Stacks, tmp_path: Path):
    made = stacks.make(asked(None, documents=True))
    file = tmp_path / "keeper.pdf"
    file.write_bytes(pdf("The keeper carries oil up the stairs."))
    screen.goto(f"{stacks.url}/stacks/{made['id']}?node=kb")
    screen.get_by_label("Files to add").set_input_files(file)
    expect(screen.get_by_test_id("document")).to_have_attribute("data-status", "ready", timeout=READY)
    _fits(screen)
    screen.goto(f"{stacks.url}/stacks/{made['id']}")
    screen.get_by_role("button", name="Run", exact=True).click()
    box = screen.get_by_label("Your question")
    box.fill("Who carries the oil?")
    _fits(screen)
    box.press("Enter")
    answer = screen.get_by_test_id("answer")
    expect(answer).to_have_attribute("data-phase", "done", timeout=READY)
    expect(answer).to_contain_text("The keeper carries oil up the stairs.")
    answer.get_by_label("Sources").get_by_role("button").first.click()
    reader = screen.get_by_role("dialog", name="keeper.pdf")
    expect(reader.get_by_test_id("match-mark")).to_be_in_viewport()
    _fits(screen)


def test_row_5_dialogs_dim_the_page_and_switches_have_a_knob(screen: Page, stacks: Stacks):
    made = stacks.make(asked(None, documents=True))
    screen.goto(f"{stacks.url}/stacks/{made['id']}?node=o")
    knob = screen.get_by_role("switch").first.locator("span")
    assert _alpha(knob.evaluate("(one) => getComputedStyle(one).backgroundColor")) == 1
    screen.goto(f"{stacks.url}/stacks")
    screen.get_by_role("button", name="New stack").first.click()
    dialog = screen.get_by_role("dialog")
    expect(dialog).to_be_visible()
    scrim = dialog.locator("xpath=..")
    assert 0.3 < _alpha(scrim.evaluate("(one) => getComputedStyle(one).backgroundColor")) < 1
    _fits(screen)


def _alpha(color: str) -> float:
    numbers = re.findall(r"[\d.]+", color)
    return float(numbers[3]) if len(numbers) > 3 else 1.0
