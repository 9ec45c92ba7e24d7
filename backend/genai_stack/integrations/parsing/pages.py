"""What a document is made of, whatever file it came from."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple, Protocol

Kind = Literal["pdf", "text", "markdown", "html"]

MIB = 1 << 20
_CONTROLS = re.compile("[\x01-\x08\x0b\x0e-\x1f\x7f-\x84\x86-\x9f]")


@dataclass(frozen=True, slots=True)
class ReadingLimits:
    """For one document. `memory` (bytes) and `cpu_seconds` bind the child that reads a PDF."""

    pages: int = 10_000
    characters: int = 20_000_000
    memory: int = 1536 * MIB
    cpu_seconds: int = 120
    seconds: float = 180
    """Of waiting for the child; what the reader of the pages takes is not counted."""


class ParsedPage(NamedTuple):
    number: int | None
    """From 1; None where a file has no pages."""
    text: str


@dataclass(frozen=True, slots=True)
class DocumentMetadata:
    kind: Kind
    title: str | None = None
    author: str | None = None
    created: datetime | None = None
    page_count: int | None = None


class ParsedDocument(Protocol):
    """An opened document. `pages` may be read once."""

    facts: DocumentMetadata
    warnings: list[str]
    """Complete when the pages have been read."""

    def pages(self) -> AsyncIterator[ParsedPage]:
        """Raises DocumentFailed where it goes no further."""
        ...


def clean(text: str) -> str:
    """NUL and lone surrogates become U+FFFD; other control characters, which nobody sees, go."""
    visible = _CONTROLS.sub("", text.replace("\0", "\ufffd"))
    return visible.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
