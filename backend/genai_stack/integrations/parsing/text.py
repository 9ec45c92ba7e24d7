"""Text and Markdown: decoded, refused where they are neither, given out in sections."""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field

from genai_stack.errors import DocumentFailed, UnsupportedType
from genai_stack.integrations.parsing.pages import Facts, Page, ReadingLimits, clean

SECTION = 32_000  # characters: text without pages comes in sections of at most so many


@dataclass
class TextDocument:
    facts: Facts
    content: str
    warnings: list[str] = field(default_factory=list[str])

    async def pages(self) -> AsyncIterator[Page]:
        for section in sections(self.content):
            yield Page(None, section)
            await asyncio.sleep(0)


def sections(text: str) -> Iterator[str]:
    """The whole text in pieces, cut after a paragraph, else after a line, else at a space, where there is one."""
    start = 0
    while len(text) - start > SECTION:
        half, most = start + SECTION // 2, start + SECTION
        for mark in ("\n\n", "\n", " "):
            at = text.rfind(mark, half, most)
            if at >= 0:
                most = at + len(mark)
                break
        yield text[start:most]
        start = most
    yield text[start:]


def document(raw: bytes, filename: str, limits: ReadingLimits) -> TextDocument:
    _refuse_other_types(raw[:1024])
    text, warnings = _decoded(raw)
    if not text.strip():
        raise DocumentFailed("The file holds no text.")
    if len(text) > limits.characters:
        raise DocumentFailed(
            f"The file holds {len(text):,} characters; at most {limits.characters:,} are read. Split it and try again."
        )
    if filename.lower().endswith((".md", ".markdown")):
        heading = re.search(r"^#\s+(.+?)\s*#*$", text[:4000], re.MULTILINE)
        return TextDocument(Facts("markdown", title=heading and heading[1]), clean(text), warnings)
    return TextDocument(Facts("text"), clean(text), warnings)


def _refuse_other_types(start: bytes) -> None:
    head = start.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    kinds = {
        b"pk\x03\x04": "a zip archive or an Office document",
        b"\xd0\xcf\x11\xe0": "an old Office document",
        b"{\\rtf": "an RTF document",
        b"<!doctype html": "a web page",
        b"<html": "a web page",
        b"\x89png": "a picture",
        b"\xff\xd8\xff": "a picture",
        b"gif8": "a picture",
    }
    for sign, kind in kinds.items():
        if head.startswith(sign):
            raise UnsupportedType(
                f"This is {kind}, whatever its name says. Save it as PDF, text or Markdown and upload that."
            )


def _decoded(raw: bytes) -> tuple[str, list[str]]:
    for mark, encoding in ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")):
        if raw.startswith(mark):
            with contextlib.suppress(UnicodeDecodeError):
                return raw[len(mark) :].decode(encoding), []
            raise DocumentFailed(f"The file says that it is {encoding.upper()}, and is not: it is damaged.")
    with contextlib.suppress(UnicodeDecodeError):
        text = raw.decode()
        if _control_share(text) < 0.3:
            return text, []
    with contextlib.suppress(UnicodeDecodeError):
        text = raw.decode("cp1252")
        if _control_share(text) < 0.01 and sum(byte >= 0x80 for byte in raw) < 0.3 * len(raw):
            return text, ["The file is not UTF-8; it was read as Windows-1252. Look whether its letters are right."]
    raise UnsupportedType("This is neither a PDF nor text. Save it as PDF, text or Markdown and upload that.")


def _control_share(text: str) -> float:
    """How much of it is control characters, which text has none of but tab, line ends and form feed."""
    controls = sum(text.count(chr(code)) for code in range(32) if chr(code) not in "\t\n\r\f")
    return controls / max(1, len(text))
