"""What comes out of files, and what is said of those that nothing comes out of."""

import asyncio
import contextlib
import time
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import psutil
import pytest

from genai_stack.errors import DocumentFailed, NotFound, StackError, UnsupportedType
from genai_stack.integrations.parsing import reading
from genai_stack.integrations.parsing.pages import DocumentMetadata, ParsedPage, ReadingLimits
from tests.documents import pdfs

LIMITS = ReadingLimits()


async def read(
    content: bytes | Path, filename: str = "file", limits: ReadingLimits = LIMITS
) -> tuple[DocumentMetadata, list[ParsedPage], list[str]]:
    async with reading.opened(content, filename, limits) as document:
        pages = [page async for page in document.pages()]
        return document.facts, pages, document.warnings


def children() -> list[psutil.Process]:
    return [child for child in psutil.Process().children() if "pdf_child" in " ".join(child.cmdline())]


async def reason(content: bytes, limits: ReadingLimits = LIMITS, error: type[StackError] = DocumentFailed) -> str:
    with pytest.raises(error) as told:
        await read(content, "file.pdf", limits)
    return told.value.message


async def test_a_pdf_gives_its_pages_and_what_it_says_of_itself(tmp_path: Path) -> None:
    content = pdfs.with_pages(
        ["First page.", "Second page."],
        {"title": "A title", "author": "An author", "creationDate": "D:20240102030405+01'30'"},
    )
    (tmp_path / "upload").write_bytes(content)
    for given in (content, tmp_path / "upload"):
        facts, pages, warnings = await read(given, "anything.txt")
        created = datetime(2024, 1, 2, 3, 4, 5, tzinfo=timezone(timedelta(hours=1, minutes=30)))
        assert facts == DocumentMetadata("pdf", "A title", "An author", created, 2)
        assert [(page.number, page.text.strip()) for page in pages] == [(1, "First page."), (2, "Second page.")]
        assert warnings == []


@pytest.mark.parametrize(
    ("date", "created"),
    [
        ("D:20240102", datetime(2024, 1, 2, tzinfo=UTC)),
        ("D:2024", datetime(2024, 1, 1, tzinfo=UTC)),
        ("D:20240102030405Z", datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("D:20241399", None),
        ("yesterday", None),
    ],
)
async def test_a_date_that_is_none_is_no_reason_to_fail(date: str, created: datetime | None) -> None:
    facts, _, _ = await read(pdfs.with_pages(["text"], {"creationDate": date}))
    assert facts.created == created


async def test_columns_are_read_one_after_the_other() -> None:
    left, right = "left " * 100, "right " * 100
    _, pages, _ = await read(pdfs.with_columns("The title", left, right))
    assert pages[0].text.split() == ["The", "title", *left.split(), *right.split()]


async def test_pages_come_one_by_one_and_progress_is_known() -> None:
    async with reading.opened(pdfs.with_many_pages(200), "file", LIMITS) as document:
        assert document.facts.page_count == 200
        pages = document.pages()
        assert (await anext(pages)).number == 1
        assert "This is page 2." in (await anext(pages)).text


async def test_a_page_that_holds_nul_and_surrogates_is_cleaned() -> None:
    _, pages, _ = await read(b"a\0b " + "ü".encode())
    assert pages == [ParsedPage(None, "a\ufffdb ü")]


async def test_a_password_is_told() -> None:
    assert "password" in await reason(pdfs.encrypted())


async def test_an_owners_password_keeps_nobody_from_reading() -> None:
    _, pages, _ = await read(pdfs.restricted())
    assert "not so secret" in pages[0].text


async def test_nothing_is_told() -> None:
    assert "empty" in await reason(b"")


async def test_half_a_file_is_read_with_a_warning_or_told() -> None:
    try:
        _, _, warnings = await read(pdfs.truncated())
    except DocumentFailed as failed:
        assert "damaged" in failed.message
    else:
        assert "repaired" in warnings[0]


async def test_rubbish_with_the_head_of_a_pdf_is_told() -> None:
    assert "damaged" in await reason(b"%PDF-1.7\n" + bytes(range(256)) * 50)


async def test_pages_without_text_are_told() -> None:
    assert "OCR" in await reason(pdfs.scanned())


async def test_some_pages_without_text_are_a_warning() -> None:
    _, pages, warnings = await read(pdfs.scanned(3, with_text=1))
    assert len(pages) == 3
    assert warnings == ["2 of 3 pages are pictures without text and cannot be searched. Text recognition (OCR) helps."]


async def test_too_many_pages_are_told() -> None:
    assert "has 12 pages; at most 10" in await reason(pdfs.with_many_pages(12), ReadingLimits(pages=10))


async def test_too_much_text_is_told() -> None:
    assert "more than 500 characters" in await reason(pdfs.with_many_pages(12), ReadingLimits(characters=500))
    assert "at most 500" in await reason(b"text " * 500, ReadingLimits(characters=500))


async def test_a_thousand_pages_are_read() -> None:
    _, pages, _ = await read(pdfs.with_many_pages(1000))
    assert [page.number for page in pages] == list(range(1, 1001))


async def test_a_bomb_ends_at_its_memory() -> None:
    assert "needs more memory" in await reason(pdfs.text_bomb(), ReadingLimits(memory=600 << 20))


async def test_a_bomb_ends_at_its_computing_time() -> None:
    assert "1 s of CPU time" in await reason(pdfs.work_bomb(), ReadingLimits(cpu_seconds=1))


async def test_a_bomb_ends_at_its_time_and_its_process_with_it_and_the_loop_goes_on() -> None:
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            await asyncio.sleep(0.01)
            ticks += 1

    bomb = pdfs.work_bomb()
    ticking = asyncio.ensure_future(tick())
    assert "within 1 s" in await reason(bomb, ReadingLimits(seconds=1))
    ticking.cancel()
    assert ticks > 20
    assert not children()


async def test_a_bomb_of_nesting_is_told() -> None:
    assert await reason(pdfs.nested_bomb(), ReadingLimits(memory=600 << 20, cpu_seconds=4))


async def test_a_reader_that_leaves_takes_the_process_along() -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(0.5):
            await read(pdfs.work_bomb())
    until = time.monotonic() + 5
    while children():
        assert time.monotonic() < until
        await asyncio.sleep(0.02)


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"PK\x03\x04 and so on", "Office"),
        (b"\xd0\xcf\x11\xe0 and so on", "Office"),
        (b"{\\rtf1 hello}", "RTF"),
        (b"\x89PNG\r\n\x1a\n", "picture"),
        (bytes(range(256)), "neither a PDF nor text"),
        (b"\x00\x01\x02\x03" * 50, "neither a PDF nor text"),
    ],
)
async def test_other_types_are_refused_by_content_whatever_their_name(content: bytes, kind: str) -> None:
    assert kind in await reason(content, error=UnsupportedType)


async def test_html_behind_the_head_of_a_pdf_is_refused() -> None:
    assert await reason(b"%PDF-1.4\n<!DOCTYPE html><html><body>hello</body></html>")


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("Grüße\r\n\tand 日本語 😀".encode(), "Grüße\r\n\tand 日本語 😀"),
        ("Grüße".encode("utf-8-sig"), "Grüße"),
        ("Grüße".encode("utf-16"), "Grüße"),
        (b"\xfe\xff" + "Grüße".encode("utf-16-be"), "Grüße"),
    ],
)
async def test_text_is_decoded_as_it_was_written(content: bytes, text: str) -> None:
    facts, pages, warnings = await read(content, "notes.pdf")
    assert (facts.kind, [page.text for page in pages], warnings) == ("text", [text], [])


async def test_an_older_encoding_is_read_with_a_warning() -> None:
    _, pages, warnings = await read("Schöne Grüße aus München".encode("cp1252"))
    assert pages[0].text == "Schöne Grüße aus München"
    assert "Windows-1252" in warnings[0]


async def test_blank_text_is_told() -> None:
    assert "no text" in await reason(b" \n\t ")


async def test_markdown_is_told_by_its_name_and_titled_by_its_heading() -> None:
    facts, _, _ = await read(b"intro\n\n# The heading #\n\ntext", "notes.MD")
    assert facts == DocumentMetadata("markdown", title="The heading")


async def test_long_text_comes_in_sections_that_are_the_whole_text() -> None:
    text = "".join(f"Line {n} of a long file.\n" + "\n" * (n % 7 == 0) for n in range(5000)) + "x" * 70_000
    _, pages, _ = await read(text.encode())
    assert "".join(page.text for page in pages) == text
    assert all(len(page.text) <= 32_000 and page.number is None for page in pages)
    assert len(pages) > 4


async def test_a_page_can_be_seen() -> None:
    content = pdfs.with_many_pages(2)
    assert (await reading.render_page(content, 2, LIMITS)).startswith(b"\x89PNG")
    for number in (0, 3):
        with pytest.raises(NotFound, match=f"no page {number}"):
            await reading.render_page(content, number, LIMITS)
    with pytest.raises(UnsupportedType):
        await reading.render_page(b"text", 1, LIMITS)


async def test_row_15_a_passage_is_located_on_its_page() -> None:
    content = pdfs.with_columns("Otters", "Otters sleep holding hands. " * 8, "Badgers dig setts at night. " * 8)
    [left, right, absent] = await reading.boxes(
        content, 1, ["otters sleep  hold-\ning hands.", "Badgers dig", "Whales sing."], LIMITS
    )
    [otters] = left
    assert otters.x1 < 0.5 < right[0].x0
    assert 0 < otters.y0 < otters.y1 < 0.3
    assert absent == []
    with pytest.raises(NotFound, match="no page 2"):
        await reading.boxes(content, 2, ["Otters"], LIMITS)
    with pytest.raises(UnsupportedType):
        await reading.boxes(b"text", 1, ["Otters"], LIMITS)


async def test_row_15_boxes_are_those_of_the_page_as_it_is_turned() -> None:
    content = pdfs.turned("Otters sleep holding hands.")
    [[box]] = await reading.boxes(content, 1, ["Otters sleep"], LIMITS)
    assert box.y1 - box.y0 > box.x1 - box.x0
    assert box.x0 > 0.8


async def test_a_bomb_cannot_be_seen() -> None:
    with pytest.raises(DocumentFailed):
        await reading.render_page(pdfs.work_bomb(), 1, ReadingLimits(cpu_seconds=1))
