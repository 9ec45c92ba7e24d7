"""Pages into passages: the pieces that are embedded, found and cited."""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from genai_stack.integrations.parsing.pages import ParsedPage

CHUNK_WORDS, OVERLAP_WORDS = 180, 30  # words; the local embedder reads 256 word pieces, which is about 200 words
MIN_CHUNK_WORDS, MAX_CHUNK_WORDS = (
    20,
    2_000,
)  # words: what a knowledge base may choose as size; the overlap is at most half of it
CHARACTERS_PER_WORD = 8  # so many times its words a passage may be long: a bound for text without spaces

_ONE_CHARACTER_WORDS = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f"
_WORD = re.compile(rf"[{_ONE_CHARACTER_WORDS}][、。，！？；：」』）]*|[^\s{_ONE_CHARACTER_WORDS}]+")
_PARAGRAPH_END = re.compile(r"\n[^\S\n]*\n")
_SENTENCE_END = re.compile(r"""[.!?…]["'»”’)\]]*(?=\s)|[。！？]""")


class TextChunk(NamedTuple):
    position: int
    """From 0, through the whole document."""
    page: int | None
    text: str


class _Span(NamedTuple):
    start: int
    end: int


def cut(pages: Iterable[ParsedPage], *, size: int = CHUNK_WORDS, overlap: int = OVERLAP_WORDS) -> Iterator[TextChunk]:
    """Every character that is no space is in a passage, and every passage is a piece of one page as it was.

    `size` and `overlap` are in words (of Chinese and Japanese, characters). A passage ends after a paragraph, else
    after a sentence, else after a word, in the second half of what it may hold; the next one begins with up to
    `overlap` words of it. Only what is longer than a passage and has no space is cut inside.
    """
    position = 0
    for page in pages:
        for start, end in _spans(page.text, size, overlap):
            yield TextChunk(position, page.number, page.text[start:end])
            position += 1


def _spans(text: str, size: int, overlap: int) -> Iterator[_Span]:
    most = size * CHARACTERS_PER_WORD
    words = _words(text, most)
    starts = [word.start for word in words]
    # Both as the number of words before the end.
    paragraphs = [bisect_right(starts, end.start()) for end in _PARAGRAPH_END.finditer(text)]
    sentences = [bisect_right(starts, end.end() - 1) for end in _SENTENCE_END.finditer(text)]
    first = last = 0
    while last < len(words):
        full = _fitting(words, first, size, most)
        if full < len(words):
            least = max(last + 1, (first + full) // 2)
            last = _latest(paragraphs, least, full) or _latest(sentences, least, full) or full
        else:
            last = full
        yield _Span(words[first].start, words[last - 1].end)
        first = max(first + 1, last - overlap)
        while first < last and _fitting(words, first, size, most) <= last:
            first += 1  # an overlap that would leave no room for a new word


def _words(text: str, most: int) -> list[_Span]:
    return [
        _Span(start, min(start + most, found.end()))
        for found in _WORD.finditer(text)
        for start in range(found.start(), found.end(), most)
    ]


def _fitting(words: Sequence[_Span], first: int, size: int, most: int) -> int:
    """Where a passage that begins with the word `first` ends at the latest; it has one word at least."""
    end = min(first + size, len(words))
    while end > first + 1 and words[end - 1].end - words[first].start > most:
        end -= 1
    return end


def _latest(ends: Sequence[int], least: int, most: int) -> int | None:
    at = bisect_right(ends, most)
    return ends[at - 1] if at and ends[at - 1] >= least else None
