"""A file that is being read and cut, ahead of those who embed its passages."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Sequence
from hashlib import sha256
from typing import Any

from genai_stack.features.knowledge.retrieval.stored import Hashed
from genai_stack.integrations.parsing import passages, reading
from genai_stack.integrations.parsing.pages import DocumentMetadata, ParsedPage, ReadingLimits, clean
from genai_stack.integrations.parsing.passages import TextChunk

READING_SHARE = 0.05  # of the progress that a person sees; the rest is embedding
LOOP_CHARACTERS = 8_000  # a longer page is cut in a thread


class Reader:
    def __init__(self, content: bytes, filename: str, limits: ReadingLimits, *, size: int, overlap: int) -> None:
        self._original = content
        self._filename = filename
        self._limits = limits
        self._size = size
        self._overlap = overlap
        self._facts: DocumentMetadata | None = None
        self._warnings: Sequence[str] = ()
        self._parts: list[str] = []
        self._length = 0
        self._pages_read = 0
        self._ended = False
        self._queue: asyncio.Queue[Hashed | None] = asyncio.Queue()
        self._progress = 0.0
        self.page_starts: list[int] = []
        self.cut = 0
        """How many passages there are so far."""

    @contextlib.asynccontextmanager
    async def reading(self) -> AsyncGenerator[None]:
        """Reads as long as the block lasts; at its end all is read, or what went wrong is raised."""
        task = asyncio.create_task(self._read())
        try:
            yield
            await task
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def batch(self, most: int) -> list[Hashed]:
        """The next passages, `most` of them unless the file ends; none at its end."""
        batch: list[Hashed] = []
        while len(batch) < most and (not self._ended or not self._queue.empty()):
            hashed = await self._queue.get()
            if hashed is not None:
                batch.append(hashed)
        return batch

    @property
    def kind(self) -> str:
        return self._facts.kind if self._facts else ""

    def content(self) -> str:
        return "".join(self._parts)

    def metadata(self) -> dict[str, Any]:
        facts = self._facts
        assert facts is not None
        said = {
            "title": facts.title and clean(facts.title),
            "author": facts.author and clean(facts.author),
            "created": facts.created.isoformat() if facts.created else None,
            "warnings": list(self._warnings),
        }
        return {name: value for name, value in said.items() if value}

    def progress(self, written: Sequence[Hashed]) -> float:
        """From 0 to 1, once these passages are written; it never goes back."""
        pages = self._facts.page_count if self._facts and self._facts.page_count else self._pages_read
        read = 1.0 if self._ended else self._pages_read / max(pages, self._pages_read, 1)
        embedded = (written[-1].passage.position + 1) / max(self.cut, 1) * read
        self._progress = max(self._progress, min(0.99, READING_SHARE * read + (1 - READING_SHARE) * embedded))
        return round(self._progress, 4)

    async def _read(self) -> None:
        try:
            async with reading.opened(self._original, self._filename, self._limits) as document:
                self._facts = document.facts
                async for page in document.pages():
                    await self._take(page)
                self._warnings = document.warnings
        finally:
            self._ended = True
            self._queue.put_nowait(None)

    async def _take(self, page: ParsedPage) -> None:
        if page.number is not None:
            self.page_starts.append(self._length)
            if not page.text.endswith("\n"):
                page = ParsedPage(page.number, page.text + "\n")
        self._parts.append(page.text)
        self._length += len(page.text)
        self._pages_read += 1
        if len(page.text) > LOOP_CHARACTERS:
            cut = await asyncio.to_thread(_cut, page, self._size, self._overlap)
        else:
            cut = _cut(page, self._size, self._overlap)
        for hashed in cut:
            self._queue.put_nowait(hashed._replace(passage=hashed.passage._replace(position=self.cut)))
            self.cut += 1
        await asyncio.sleep(0)  # pages that are buffered already would come without a pause


def _cut(page: ParsedPage, size: int, overlap: int) -> list[Hashed]:
    return [_hashed(passage) for passage in passages.cut([page], size=size, overlap=overlap)]


def _hashed(passage: TextChunk) -> Hashed:
    return Hashed(passage, sha256(passage.text.encode()).digest())
