"""Files into pages of text, with what they say of themselves. The type is told by the content, never by the name."""

import asyncio
import contextlib
import re
from collections.abc import AsyncGenerator, Sequence
from pathlib import Path

from genai_stack.errors import DocumentFailed, UnsupportedType
from genai_stack.integrations.parsing import text
from genai_stack.integrations.parsing.pages import ParsedDocument, ReadingLimits
from genai_stack.integrations.parsing.pdf import pdf
from genai_stack.integrations.parsing.pdf.boxes import Box

START_BYTES = 64 * 1024
_PDF_HEAD = re.compile(rb"%PDF-\d")
_PDF_OBJECT = re.compile(rb"[\r\n ]\d+ \d+ obj\b|/Type\s*/(?:Catalog|Pages|ObjStm|XRef)\b")


@contextlib.asynccontextmanager
async def opened(content: bytes | Path, filename: str, limits: ReadingLimits) -> AsyncGenerator[ParsedDocument]:
    """`filename` only tells Markdown from text. Raises DocumentFailed or UnsupportedType, with the reason."""
    start = await asyncio.to_thread(_start, content)
    if not start:
        raise DocumentFailed("The file is empty.")
    if _is_pdf(start):
        async with pdf.PdfDocument.opened(content, limits) as document:
            yield document
    else:
        raw = content if isinstance(content, bytes) else await asyncio.to_thread(content.read_bytes)
        yield await asyncio.to_thread(text.document, raw, filename, limits)


async def render_page(content: bytes | Path, number: int, limits: ReadingLimits) -> bytes:
    """A page as PNG. Raises NotFound where there is no such page, UnsupportedType where there are no pages."""
    if not _is_pdf(await asyncio.to_thread(_start, content)):
        raise UnsupportedType("Only the pages of a PDF can be shown as pictures. Ask for the text instead.")
    return await pdf.render_page(content, number, limits)


async def boxes(content: bytes | Path, number: int, texts: Sequence[str], limits: ReadingLimits) -> list[list[Box]]:
    """For each text the boxes of its lines on a page, as shares of its width and height. Raises as `render_page`."""
    if not _is_pdf(await asyncio.to_thread(_start, content)):
        raise UnsupportedType("Only the pages of a PDF can be shown as pictures. Ask for the text instead.")
    return await pdf.boxes(content, number, texts, limits)


def _is_pdf(start: bytes) -> bool:
    """As PDF readers do, the header is looked for in the first 1,024 bytes; later ones need a PDF's objects as well.

    A text that speaks of PDFs has neither.
    """
    found = _PDF_HEAD.search(start[:1024])
    return found is not None and (found.start() == 0 or _PDF_OBJECT.search(start) is not None)


def _start(content: bytes | Path) -> bytes:
    if isinstance(content, bytes):
        return content[:START_BYTES]
    with content.open("rb") as file:
        return file.read(START_BYTES)
