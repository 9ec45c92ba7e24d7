"""PDFs of every kind that an upload may bring."""

import zlib
from collections.abc import Sequence
from functools import cache

import pymupdf

PROSE = "The quick brown fox jumps over the lazy dog. "


def with_pages(texts: Sequence[str], metadata: dict[str, str] | None = None) -> bytes:
    document = pymupdf.open()
    for text in texts:
        document.new_page().insert_textbox((50, 50, 545, 790), text)
    document.set_metadata(metadata or {})
    return document.tobytes()


def with_many_pages(count: int) -> bytes:
    return with_pages([f"This is page {number}. {PROSE * 3}" for number in range(1, count + 1)])


def with_columns(title: str, left: str, right: str) -> bytes:
    document = pymupdf.open()
    page = document.new_page()
    page.insert_textbox((320, 120, 545, 700), right)  # written first: the order in the file is not the reader's
    page.insert_textbox((50, 120, 275, 700), left)
    page.insert_textbox((50, 50, 545, 100), title, fontsize=24)
    return document.tobytes()


def turned(text: str) -> bytes:
    """A page that is shown a quarter turn clockwise, so its first line runs down the right side."""
    document = pymupdf.open()
    page = document.new_page()
    page.insert_text((50, 50), text)
    page.set_rotation(90)
    return document.tobytes()


def encrypted() -> bytes:
    document = pymupdf.open()
    document.new_page().insert_text((50, 50), "secret")
    return document.tobytes(encryption=pymupdf.PDF_ENCRYPT_AES_256, user_pw="user", owner_pw="owner")


def restricted() -> bytes:
    """With an owner's password only: anybody may open it."""
    document = pymupdf.open()
    document.new_page().insert_text((50, 50), "not so secret")
    return document.tobytes(encryption=pymupdf.PDF_ENCRYPT_AES_256, user_pw="", owner_pw="owner", permissions=0)


def truncated(pages: int = 20) -> bytes:
    whole = with_many_pages(pages)
    return whole[: len(whole) // 2]


def scanned(pages: int = 2, *, with_text: int = 0) -> bytes:
    """Pages that are pictures; the first `with_text` of them hold text besides."""
    picture = pymupdf.Pixmap(pymupdf.csRGB, pymupdf.IRect(0, 0, 20, 20)).tobytes("png")
    document = pymupdf.open()
    for number in range(pages):
        page = document.new_page()
        page.insert_image(pymupdf.Rect(50, 50, 300, 300), stream=picture)
        if number < with_text:
            page.insert_text((50, 400), "some text")
    return document.tobytes()


def drawing(operators: bytes) -> bytes:
    """One page with these operators, compressed: a small file that may be very large inside."""
    content = zlib.compress(operators, 9)
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d/Filter/FlateDecode>>stream\n%s\nendstream" % (len(content), content),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    file, offsets = b"%PDF-1.7\n", []
    for number, body in enumerate(objects, start=1):
        offsets.append(len(file))
        file += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    return file + (
        b"xref\n0 6\n0000000000 65535 f \n%strailer<</Size 6/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % (table, len(file))
    )


@cache
def text_bomb() -> bytes:
    """Half a megabyte that becomes 180 MB of text."""
    return drawing(b"BT /F1 1 Tf 1 0 0 1 10 10 Tm (aaaaaaaaaaaaaaaaaaaa) Tj ET\n" * 3_000_000)


@cache
def work_bomb() -> bytes:
    """Small inside and outside, and long to draw."""
    return drawing(b"q 1 0 0 1 0 0 cm 0 0 10 10 re f Q " * 4_000_000)


def nested_bomb() -> bytes:
    return drawing(b"q " * 50_000_000)
