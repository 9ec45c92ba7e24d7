"""PDFs, read in a child process of their own: one that is made to do harm ends with its child."""

import asyncio
import contextlib
import json
import os
import signal
from collections.abc import AsyncGenerator, AsyncIterator, Coroutine, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from genai_stack.errors import DocumentFailed, NotFound
from genai_stack.infra.child_process import python_module, start_child
from genai_stack.integrations.parsing.pages import DocumentMetadata, ParsedPage, ReadingLimits
from genai_stack.integrations.parsing.pdf import pdf_child
from genai_stack.integrations.parsing.pdf.boxes import Box

LINE_BYTES = 8 << 20  # the longest answer that is read; a page's text is far below
LOCATED_CHARACTERS = 8_000  # of a text that is looked for on a page; passages are shorter
PICTURE_PIXELS = 1_600  # pixels: the longer side of a page's picture


class PdfDocument:
    def __init__(self, child: "_PdfChild", facts: DocumentMetadata, warnings: list[str]) -> None:
        self._child = child
        self.facts = facts
        self.warnings = warnings

    @classmethod
    @contextlib.asynccontextmanager
    async def opened(cls, content: bytes | Path, limits: ReadingLimits) -> AsyncGenerator["PdfDocument"]:
        async with _child(content, limits) as child:
            told = await child.line()
            warnings: list[str] = told.pop("warnings")
            created: str | None = told.pop("created")
            yield cls(child, DocumentMetadata("pdf", created=_moment(created), **told), warnings)

    async def pages(self) -> AsyncIterator[ParsedPage]:
        while "number" in (told := await self._child.line()):
            yield ParsedPage(told["number"], told["text"])
        self.warnings += told["warnings"]


async def render_page(content: bytes | Path, number: int, limits: ReadingLimits) -> bytes:
    async with _child(content, limits, picture={"number": number, "pixels": PICTURE_PIXELS}) as child:
        size: int | None = (await child.line())["bytes"]
        if size is None:
            raise NotFound(f"The document has no page {number}.")
        return await child.exactly(size)


async def boxes(content: bytes | Path, number: int, texts: Sequence[str], limits: ReadingLimits) -> list[list[Box]]:
    wanted = {"number": number, "texts": [text[:LOCATED_CHARACTERS] for text in texts]}
    async with _child(content, limits, boxes=wanted) as child:
        found: list[list[tuple[float, float, float, float]]] | None = (await child.line())["boxes"]
    if found is None:
        raise NotFound(f"The document has no page {number}.")
    return [[Box(*box) for box in text] for text in found]


class _PdfChild:
    def __init__(self, process: asyncio.subprocess.Process, limits: ReadingLimits) -> None:
        assert process.stdout is not None
        self._process, self._answers, self._limits = process, process.stdout, limits
        self._left = limits.seconds

    async def line(self) -> dict[str, Any]:
        said = await self._in_time(self._answers.readline())
        if not said.endswith(b"\n"):
            raise await self._ended()
        told: dict[str, Any] = msgspec.json.decode(said)
        if "failed" in told:
            raise DocumentFailed(told["failed"])
        return told

    async def exactly(self, size: int) -> bytes:
        try:
            return await self._in_time(self._answers.readexactly(size))
        except asyncio.IncompleteReadError as error:
            raise await self._ended() from error

    async def _in_time(self, reading: Coroutine[Any, Any, bytes]) -> bytes:
        loop = asyncio.get_running_loop()
        began = loop.time()
        try:
            async with asyncio.timeout(self._left):
                return await reading
        except TimeoutError as error:
            raise DocumentFailed(
                f"The PDF could not be read within {self._limits.seconds:.0f} s: it is too complex or malicious."
            ) from error
        finally:
            self._left -= loop.time() - began

    async def _ended(self) -> DocumentFailed:
        code = await self._process.wait()
        if code in {-signal.SIGXCPU, -signal.SIGKILL}:
            return DocumentFailed(
                f"The PDF needs more than {self._limits.cpu_seconds} s of CPU time or too much memory: "
                "it is too complex or malicious."
            )
        return DocumentFailed(f"The PDF crashed the program that reads it (code {code}): it is damaged.")


@contextlib.asynccontextmanager
async def _child(
    content: bytes | Path,
    limits: ReadingLimits,
    *,
    picture: dict[str, int] | None = None,
    boxes: dict[str, Any] | None = None,
) -> AsyncGenerator[_PdfChild]:
    order = {
        "path": None if isinstance(content, bytes) else os.path.abspath(content),  # noqa: ASYNC240, PTH100 (computes; the child has another directory)
        "size": len(content) if isinstance(content, bytes) else 0,
        "pages": limits.pages,
        "characters": limits.characters,
        "memory": limits.memory,
        "cpu_seconds": limits.cpu_seconds,
        "picture": picture,
        "boxes": boxes,
    }
    process = await start_child(python_module(pdf_child.__name__, json.dumps(order)), line_bytes=LINE_BYTES)
    sending = asyncio.ensure_future(_send(process, content if isinstance(content, bytes) else b""))
    try:
        yield _PdfChild(process, limits)
    finally:
        sending.cancel()
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await asyncio.gather(sending, process.wait(), return_exceptions=True)


async def _send(process: asyncio.subprocess.Process, content: bytes) -> None:
    assert process.stdin is not None
    process.stdin.write(content)
    with contextlib.suppress(ConnectionError):  # it has ended: whoever reads its answers learns how
        await process.stdin.drain()


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
