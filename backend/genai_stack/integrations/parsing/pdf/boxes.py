"""Boxes around a text on a page: where a passage stands, line by line."""

import unicodedata
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

LEAST_LETTERS = 8  # of a line that is looked for by itself


class Box(NamedTuple):
    x0: float
    y0: float
    x1: float
    y1: float


class Word(NamedTuple):
    box: Box
    text: str
    line: int
    """Words of one line of the page have the same number."""


def boxes_of(text: str, words: Sequence[Word]) -> list[Box]:
    """One box for each line that `text` stands on; blanks, hyphens and ligatures may differ. Empty if it is absent."""
    wanted = _letters(text)
    if not wanted:
        return []
    letters = [_letters(word.text) for word in words]
    owner = [place for place, own in enumerate(letters) for _ in own]
    at = "".join(letters).find(wanted)
    found = list(words[owner[at] : owner[at + len(wanted) - 1] + 1]) if at >= 0 else _whole_lines(wanted, words)
    return [_around(line) for line in _lines(found)]


def _whole_lines(wanted: str, words: Sequence[Word]) -> list[Word]:
    """Of a text whose lines stand in another order on the page."""
    found: list[Word] = []
    for line in _lines(words):
        letters = _letters("".join(word.text for word in line))
        if len(letters) >= LEAST_LETTERS and letters in wanted:
            found += line
    return found


def _lines(words: Sequence[Word]) -> Iterator[list[Word]]:
    for _, line in groupby(words, key=lambda word: word.line):
        yield list(line)


def _around(words: Sequence[Word]) -> Box:
    boxes = [word.box for word in words]
    return Box(
        min(box.x0 for box in boxes),
        min(box.y0 for box in boxes),
        max(box.x1 for box in boxes),
        max(box.y1 for box in boxes),
    )


def _letters(text: str) -> str:
    return "".join(letter for letter in unicodedata.normalize("NFKC", text).casefold() if letter.isalnum())
