"""What an answer holds, as it is shown: tables, mathematics, code, diagrams, other scripts, links."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.chat import Chat, asked, model
from tests.e2e.editor import Stacks
from tests.e2e.seeing import grave
from tests.fakes.openai_server import OpenAIServer

TABLE = """| Post | Salary per year in euros | Bonus | Place of work | Department | Since |
| --- | --- | --- | --- | --- | --- |
| Managing director | 1,000,000.00 | 250,000.00 | Kaiserslautern | Administration | 2019-04-01 |
| Representative | 48,500.00 | 0.00 | Heidelberg | Customers | 2023-10-15 |"""
RICH = f"""{TABLE}

The area is \\(\\pi r^2\\) and $e^{{i\\pi}} + 1 = 0$. It costs $5 and $10. Water is H~2~O, ~~ice~~.

\\[ \\int_0^1 x^2 \\, dx = \\frac{{1}}{{3}} \\]

```python
def area(radius: float) -> float:
    return 3.14 * radius ** 2  # roughly
```

```mermaid
flowchart LR
  A[Question] --> B[Answer]
```

שלום עולם, זה טקסט בעברית.

See [a page](https://example.org/a), [nothing](javascript:alert(1)) and [chapter 2](chapter-2.md)."""


@pytest.fixture(scope="module")
def fake() -> Iterator[OpenAIServer]:
    with model() as server:
        yield server


@pytest.fixture
def chat(page: Page, stacks: Stacks, fake: OpenAIServer) -> Chat:
    return Chat(page, stacks, asked(fake.base_url))


def answered(chat: Chat, fake: OpenAIServer, text: str, gap_ms: float = 0) -> Chat:
    fake.answer, fake.gap_ms = text, gap_ms
    chat.open().ask("Show me")
    chat.phase("done", within=60)
    return chat


def test_words_and_numbers_of_a_table_are_whole_and_it_scrolls_sideways(page: Page, chat: Chat, fake: OpenAIServer):
    """Row 13 of the page faults."""
    page.set_viewport_size({"width": 390, "height": 844})
    at = answered(chat, fake, TABLE)
    for word in ("Salary", "1,000,000.00", "Representative"):
        cell = at.text.get_by_role("cell", name=re.compile(word)).or_(
            at.text.get_by_role("columnheader", name=re.compile(word))
        )
        box = cell.first.evaluate(
            """(cell, word) => {
                const range = document.createRange();
                const text = cell.firstChild;
                const from = text.data.indexOf(word);
                range.setStart(text, from);
                range.setEnd(text, from + word.length);
                return range.getClientRects().length;
            }""",
            word,
        )
        assert box == 1
    table = at.text.get_by_label("Table")
    assert table.evaluate("(one) => one.scrollWidth > one.clientWidth")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    rows = "\n".join(f"| {number} | b |" for number in range(80))
    long = answered(chat, fake, f"| Head | b |\n| --- | --- |\n{rows}").text.get_by_label("Table")
    long.evaluate("(one) => { one.scrollTop = one.scrollHeight; }")
    head, view = long.get_by_role("columnheader").first.bounding_box(), long.bounding_box()
    assert head and view
    assert head["y"] == pytest.approx(view["y"], abs=3)


def test_formulas_code_diagrams_and_other_scripts_are_drawn(page: Page, chat: Chat, fake: OpenAIServer):
    """Row 14 of the page faults."""
    at = answered(chat, fake, RICH, gap_ms=5)
    expect(at.text.get_by_test_id("formula")).to_have_count(3)
    expect(at.text.locator(".katex")).to_have_count(3)
    expect(at.text).to_contain_text("It costs $5 and $10.")
    expect(at.text.locator(".hljs-keyword").first).to_have_text("def")
    diagram = at.text.get_by_role("img", name=re.compile("flowchart LR"))
    expect(diagram).to_be_visible()
    assert diagram.evaluate("(image) => image.complete && image.naturalWidth") > 100
    at.button("Show the source").click()
    expect(at.text).to_contain_text("A[Question] --> B[Answer]")
    hebrew = at.text.get_by_text("שלום")
    assert hebrew.evaluate("(one) => getComputedStyle(one).direction") == "rtl"


def test_only_links_that_lead_somewhere_look_alive(chat: Chat, fake: OpenAIServer):
    """Row 14 of the page faults."""
    at = answered(chat, fake, RICH)
    expect(at.text.get_by_role("link")).to_have_count(1)
    expect(at.text).to_contain_text("nothing and chapter 2")
    expect(at.text).to_contain_text("H~2~O")
    expect(at.text.locator("del")).to_have_text("ice")


def test_parts_are_fetched_only_when_an_answer_holds_them(page: Page, chat: Chat, fake: OpenAIServer):
    """Row 14 of the page faults."""
    fetched: list[str] = []
    page.on("request", lambda request: fetched.append(request.url))
    answered(chat, fake, "A **plain** answer with `code`.")
    assert not [url for url in fetched if re.search(r"katex|highlight|diagram", url)]
    answered(chat, fake, "So $x^2$.")
    expect(chat.text.locator(".katex")).to_be_visible()
    assert [url for url in fetched if "katex" in url]
    assert not [url for url in fetched if re.search(r"highlight|diagram", url)]


def test_a_diagram_or_formula_that_is_wrong_is_shown_as_its_source(chat: Chat, fake: OpenAIServer):
    at = answered(chat, fake, "```mermaid\nflowchart LR\n  A --\n```\n\nAnd $\\frac{1$.")
    expect(at.text).to_contain_text("This diagram can’t be drawn")
    expect(at.text).to_contain_text("flowchart LR")
    expect(at.text).to_contain_text("\\frac{1")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_serious_in_a_rich_answer(page: Page, chat: Chat, fake: OpenAIServer, theme: str):
    page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
    at = answered(chat, fake, RICH)
    expect(at.text.locator(".hljs-keyword").first).to_be_visible()
    expect(at.text.get_by_role("img")).to_be_visible()
    assert grave(page) == []
