"""Files from the field, one test for each row of the cases, over the real readers."""

from pathlib import Path

import pytest

from genai_stack.errors import DocumentFailed
from genai_stack.integrations.parsing import reading
from genai_stack.integrations.parsing.pages import ReadingLimits

FILES = Path(__file__).parents[3] / "documents" / "files"
S = "The lamp of the lighthouse was cleaned with vinegar by the keeper."


async def read(name: str) -> tuple[str, list[str], str, str | None]:
    """Text, warnings, kind and title."""
    async with reading.opened((FILES / name).read_bytes(), name, ReadingLimits()) as document:
        text = "\n".join([page.text async for page in document.pages()])
        return text, document.warnings, document.facts.kind, document.facts.title


async def test_utf32_with_bom() -> None:
    text, warnings, _, _ = await read("utf32-with-bom.txt")
    assert (text.strip(), warnings) == (S, [])


async def test_utf8_one_bad_byte() -> None:
    text, warnings, _, _ = await read("utf8-one-bad-byte.txt")
    assert text.startswith("Größe und Maße der Häuser am Hafen.")
    assert text.count("\ufffd") == 1
    assert len(warnings) == 1


async def test_shift_jis() -> None:
    text, warnings, _, _ = await read("shift-jis.txt")
    assert text == "灯台守は毎週火曜日に酢でランプを磨きます。港は七時に開きます。"
    assert "Shift-JIS" in warnings[0]


async def test_about_the_pdf_format() -> None:
    text, warnings, kind, title = await read("about-the-pdf-format.md")
    assert (kind, title, warnings) == ("markdown", "The PDF format", [])
    assert "%PDF-1.7" in text


async def test_page_without_doctype() -> None:
    text, _, kind, title = await read("page-without-doctype.html")
    assert (text, kind, title) == (S, "html", "Harbour")


async def test_glyph_soup() -> None:
    _, warnings, _, _ = await read("glyph-soup.pdf")
    assert "page 1 may be unreadable" in warnings[0]
    assert "OCR" in warnings[0]


async def test_control_chars() -> None:
    text, _, _, _ = await read("control-chars.pdf")
    assert text.strip() == "The sign says Workers of the world in red letters."


async def test_ligatures() -> None:
    text, _, _, _ = await read("ligatures.pdf")
    for words in ("finance officer", "floor", "office", "repairs", "lighthouse", "lanterns", "coffee"):
        assert words in text


async def test_page_loop() -> None:
    text, warnings, _, _ = await read("page-loop.pdf")
    assert "The ferry leaves at noon" in text or "the ferry leaves at noon" in text
    assert warnings == ["Page 2 could not be read and was left out."]


async def test_blank() -> None:
    with pytest.raises(DocumentFailed, match="nothing on its pages") as failed:
        await read("blank.pdf")
    assert "OCR" not in failed.value.message


async def test_two_columns() -> None:
    text, _, _, _ = await read("two-columns.pdf")
    assert text.index("A title") < text.index("Left column") < text.index("It ends") < text.index("Right column")
    assert "north" not in text[text.index("Right column") :]


async def test_three_columns() -> None:
    text, _, _, _ = await read("three-columns.pdf")
    first, second, third = (text.index(f"Column {number} begins") for number in (1, 2, 3))
    assert first < second < third
    for number, part in enumerate((text[first:second], text[second:third], text[third:]), start=1):
        assert f"column number {number}" in part
        assert not any(f"column number {other}" in part for other in {1, 2, 3} - {number})


async def test_table() -> None:
    text, _, _, _ = await read("table.pdf")
    assert "06/13/2015 | Damson Works | Eastham | 61" in text.splitlines()
