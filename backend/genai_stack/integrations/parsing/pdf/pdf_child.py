"""The process that reads one PDF: its bytes in on stdin, lines of JSON out on stdout (facts, each page, warnings)."""

import json
import os
import re
import sys
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from importlib import import_module
from pathlib import Path
from typing import Any, BinaryIO, TypeAlias

from genai_stack.infra.sandbox import confine
from genai_stack.integrations.parsing.pages import clean
from genai_stack.integrations.parsing.pdf.boxes import Box, Word, boxes_of
from genai_stack.integrations.parsing.pdf.layout import Line, is_unreadable, text_of

# The library has no types.
Document: TypeAlias = Any
Page: TypeAlias = Any

PAGE_CHARACTERS = 500_000  # of one page; more is no page that somebody reads
NAMED_PAGES = 10  # in a warning
TEXT_FLAGS = 2 | 64 | 128  # white space as it is, no clipped text, unknown letters by glyph number
UPRIGHT = 0.3  # of a line's direction: what is steeper runs up or down the page
DATE = re.compile(r"D:(\d{4})(\d\d)?(\d\d)?(\d\d)?(\d\d)?(\d\d)?(?:([+-])(\d\d)'?(\d\d)?)?")

TOO_MUCH = "The PDF needs more memory than it is given: it is too complex or malicious."


class CannotReadError(Exception):
    """Its message is a sentence for the person who uploaded the file."""


def main() -> None:
    order: dict[str, Any] = json.loads(sys.argv[1])
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints stays out of the answers
    content = order["path"] or _received(order["size"])
    os.environ["OPENBLAS_NUM_THREADS"] = "1"  # comes along with pymupdf, and reserves memory for each thread
    import_module("pymupdf")
    _limit(order["memory"], order["cpu_seconds"])
    confine(readable=[Path(order["path"])] if order["path"] else [])
    threading.Thread(target=_end_with_stdin, daemon=True).start()
    try:
        document = _opened(content)
        if order["picture"]:
            _draw(document, answers, **order["picture"])
        elif order["boxes"]:
            _tell(answers, {"boxes": _boxes(document, **order["boxes"])})
        else:
            for line in _read(document, order["pages"], order["characters"]):
                _tell(answers, line)
    except CannotReadError as reason:
        _tell(answers, {"failed": str(reason)})
    except MemoryError:
        _tell(answers, {"failed": TOO_MUCH})
    except Exception as error:  # noqa: BLE001 - told to the parent in words
        _tell(answers, {"failed": _in_words(error)})
    answers.flush()
    os._exit(0)  # the other thread sits in a read that would hold up the end


def _opened(content: str | bytes) -> Document:
    pymupdf: Any = import_module("pymupdf")

    pymupdf.TOOLS.mupdf_display_errors(False)
    pymupdf.TOOLS.mupdf_display_warnings(False)
    try:
        document = pymupdf.open(content) if isinstance(content, str) else pymupdf.open(stream=content)
    except (RuntimeError, ValueError) as error:
        raise CannotReadError("The PDF is damaged and could not be opened. Save it again from its program.") from error
    if not document.is_pdf:
        raise CannotReadError("The file is named or marked as a PDF but is not one. Save it again from its program.")
    if document.needs_pass:
        raise CannotReadError("The PDF is protected by a password. Remove the protection and upload it again.")
    if document.page_count < 1:
        raise CannotReadError("The PDF has no pages that could be read: it is empty or damaged.")
    return document


def _read(document: Document, most_pages: int, most_characters: int) -> Iterator[dict[str, object]]:
    count = document.page_count
    if count > most_pages:
        raise CannotReadError(f"The PDF has {count:,} pages; at most {most_pages:,} are read. Split it and try again.")
    warnings = ["The PDF is damaged. It was repaired for reading; text may be missing."] if document.is_repaired else []
    yield {**_facts(document), "page_count": count, "warnings": warnings}
    characters = 0
    pictures: list[int] = []
    broken: list[int] = []
    unreadable: list[int] = []
    for number in range(1, count + 1):
        try:
            page = document[number - 1]
            lines = _lines(page)
            raw = "\n".join(line.text for line in lines)
            text = clean(text_of(lines))
            if not text.strip() and (page.get_images() or page.get_drawings()):
                pictures.append(number)
        except MemoryError:
            raise
        except Exception as error:  # MuPDF's own errors have no common class
            if _in_words(error) == TOO_MUCH:
                raise CannotReadError(TOO_MUCH) from error
            broken.append(number)
            text = raw = ""
        if is_unreadable(raw):
            unreadable.append(number)
        characters += len(text)
        if characters > most_characters or len(text) > PAGE_CHARACTERS:
            raise CannotReadError(
                f"The PDF has more than {min(most_characters, PAGE_CHARACTERS):,} characters up to page {number}: "
                "that is more than can be read. Split it and try again."
            )
        yield {"number": number, "text": text}
    if not characters:
        raise CannotReadError(_why_empty(pictures, broken))
    yield {"warnings": _warnings(count, pictures, broken, unreadable)}


def _why_empty(pictures: list[int], broken: list[int]) -> str:
    if broken:
        return "The PDF is damaged: none of its pages could be read. Save it again from its program and upload that."
    if pictures:
        return (
            "The PDF has no text: its pages are pictures or drawings. "
            "Run text recognition (OCR) on it, then upload it again."
        )
    return "The PDF is blank: there is nothing on its pages. Check that it is the right file."


def _warnings(count: int, pictures: list[int], broken: list[int], unreadable: list[int]) -> list[str]:
    warnings: list[str] = []
    if pictures:
        warnings.append(
            f"{len(pictures)} of {count} pages are pictures without text and cannot be searched. "
            "Text recognition (OCR) helps."
        )
    if broken:
        warnings.append(f"{_pages(broken)} could not be read and {'was' if len(broken) == 1 else 'were'} left out.")
    if unreadable:
        warnings.append(
            f"The text of {_pages(unreadable, 'page')} may be unreadable: a font does not say which letters it draws. "
            "Text recognition (OCR) helps."
        )
    return warnings


def _pages(numbers: list[int], word: str = "Page") -> str:
    """“Page 2”, “Pages 2, 3, 4 and 17 more”."""
    if len(numbers) == 1:
        return f"{word} {numbers[0]}"
    shown = ", ".join(str(number) for number in numbers[:NAMED_PAGES])
    more = len(numbers) - NAMED_PAGES
    return f"{word}s {shown}{f' and {more} more' if more > 0 else ''}"


def _facts(document: Document) -> dict[str, object]:
    metadata: dict[str, str | None] = document.metadata or {}
    title, author = (clean(metadata.get(name) or "").strip() or None for name in ("title", "author"))
    return {"title": title, "author": author, "created": _moment(metadata.get("creationDate") or "")}


def _lines(page: Page) -> list[Line]:
    """The lines as they stand on the page; of a page that lies on its side, as they stand when it is turned."""
    turn: Any = page.rotation_matrix
    found: list[Line] = []
    for block in page.get_text("dict", flags=TEXT_FLAGS)["blocks"]:
        for line in block.get("lines", ()):
            x0, y0, x1, y1 = line["bbox"] if page.rotation == 0 else _turned(line["bbox"], turn)
            text = "".join(span["text"] for span in line["spans"])
            upright = abs(line["dir"][1]) < UPRIGHT if page.rotation % 180 == 0 else abs(line["dir"][0]) < UPRIGHT
            found.append(Line(x0, y0, x1, y1, text, vertical=bool(line["wmode"]) or not upright))
    return found


def _turned(box: tuple[float, float, float, float], turn: Any) -> tuple[float, ...]:
    pymupdf: Any = import_module("pymupdf")
    return tuple(pymupdf.Rect(box) * turn)


def _draw(document: Document, answers: BinaryIO, *, number: int, pixels: int) -> None:
    pymupdf: Any = import_module("pymupdf")

    if not 1 <= number <= document.page_count:
        _tell(answers, {"bytes": None})
        return
    page = document[number - 1]
    scale = pixels / max(page.rect.width, page.rect.height, 1)
    picture = page.get_pixmap(matrix=pymupdf.Matrix(scale, scale), alpha=False).tobytes("png")
    _tell(answers, {"bytes": len(picture)})
    answers.write(picture)


def _boxes(document: Document, *, number: int, texts: list[str]) -> list[list[Box]] | None:
    """For each text its boxes, as shares of the page's width and height as it is shown. None without such a page."""
    if not 1 <= number <= document.page_count:
        return None
    page = document[number - 1]
    width, height = max(page.rect.width, 1), max(page.rect.height, 1)
    words: list[Word] = []
    for *box, text, block, line, _ in page.get_text("words", flags=TEXT_FLAGS):
        x0, y0, x1, y1 = _turned(tuple(box), page.rotation_matrix)
        words.append(Word(Box(x0 / width, y0 / height, x1 / width, y1 / height), text, block << 20 | line))
    return [boxes_of(text, words) for text in texts]


def _tell(answers: BinaryIO, line: dict[str, object]) -> None:
    answers.write(json.dumps(line, ensure_ascii=False).encode() + b"\n")


def _received(size: int) -> bytes:
    content = bytearray()
    while len(content) < size and (part := os.read(0, min(size - len(content), 1 << 20))):
        content += part
    return bytes(content)


def _end_with_stdin() -> None:
    while os.read(0, 1):
        pass
    os._exit(1)


def _limit(memory: int, cpu_seconds: int) -> None:
    if sys.platform == "linux":
        import resource  # noqa: PLC0415

        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
        resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds + 1))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _in_words(error: Exception) -> str:
    said = str(error).lower()
    if "malloc" in said or "memory" in said or "code=2" in said:
        return TOO_MUCH
    return "The PDF is damaged, and a page of it could not be read. Save it again from its program and upload that."


def _moment(text: str) -> str | None:
    """PDF's own date as RFC 3339; without a zone it is taken as UTC."""
    found = DATE.match(text)
    if not found:
        return None
    year, *rest = (int(part) if part else None for part in found.groups()[:6])
    sign, hours, minutes = found.groups()[6:]
    offset = timedelta(hours=int(hours or 0), minutes=int(minutes or 0))
    month, day, hour, minute, second = (part if part is not None else i < 2 for i, part in enumerate(rest))
    try:
        zone = timezone(-offset if sign == "-" else offset)
        return datetime(year or 1, month, day, hour, minute, second, tzinfo=zone).isoformat()
    except ValueError:
        return None


if __name__ == "__main__":
    main()
