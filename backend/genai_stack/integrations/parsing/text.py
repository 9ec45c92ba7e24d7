"""Text, Markdown and web pages: decoded, refused where they are none of these, given out in sections."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field

from genai_stack.errors import DocumentFailed, UnsupportedType
from genai_stack.integrations.parsing import html
from genai_stack.integrations.parsing.encoding import decoded
from genai_stack.integrations.parsing.pages import DocumentMetadata, ParsedPage, ReadingLimits, clean

SECTION_CHARACTERS = 32_000  # text without pages comes in sections of at most so many


@dataclass
class TextDocument:
    facts: DocumentMetadata
    content: str
    warnings: list[str] = field(default_factory=list[str])

    async def pages(self) -> AsyncIterator[ParsedPage]:
        for section in sections(self.content):
            yield ParsedPage(None, section)
            await asyncio.sleep(0)


def sections(text: str) -> Iterator[str]:
    """The whole text in pieces, cut after a paragraph, else after a line, else at a space, where there is one."""
    start = 0
    while len(text) - start > SECTION_CHARACTERS:
        half, most = start + SECTION_CHARACTERS // 2, start + SECTION_CHARACTERS
        for mark in ("\n\n", "\n", " "):
            at = text.rfind(mark, half, most)
            if at >= 0:
                most = at + len(mark)
                break
        yield text[start:most]
        start = most
    yield text[start:]


def document(raw: bytes, filename: str, limits: ReadingLimits) -> TextDocument:
    """Raises UnsupportedType for other kinds of files, told by how they begin, and DocumentFailed with the reason."""
    _refuse_other_types(raw[:1024])
    is_page = html.is_html(raw)
    text, warnings = decoded(raw, html.declared_encoding(raw) if is_page else None)
    title = None
    if is_page:
        text, title = html.text_of(text)
    if not text.strip():
        raise DocumentFailed("The file has no text.")
    if len(text) > limits.characters:
        raise DocumentFailed(
            f"The file holds {len(text):,} characters; at most {limits.characters:,} are read. Split it and try again."
        )
    if is_page:
        return TextDocument(DocumentMetadata("html", title=title), clean(text), warnings)
    if filename.lower().endswith((".md", ".markdown")):
        heading = re.search(r"^#\s+(.+?)\s*#*$", text[:4000], re.MULTILINE)
        return TextDocument(DocumentMetadata("markdown", title=heading and heading[1]), clean(text), warnings)
    return TextDocument(DocumentMetadata("text"), clean(text), warnings)


def _refuse_other_types(start: bytes) -> None:
    head = start.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    kinds = {
        b"pk\x03\x04": "a zip archive or an Office document",
        b"\xd0\xcf\x11\xe0": "an old Office document",
        b"{\\rtf": "an RTF document",
        b"\x89png": "a picture",
        b"\xff\xd8\xff": "a picture",
        b"gif8": "a picture",
        b"\x1f\x8b": "a compressed file",
        b"\x7felf": "a program",
        b"sqlite format 3": "a database",
    }
    for sign, kind in kinds.items():
        if head.startswith(sign):
            raise UnsupportedType(
                f"This is {kind}, whatever its name says. Save it as PDF, text, Markdown or HTML and upload that."
            )
