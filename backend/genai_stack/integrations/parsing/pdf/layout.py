"""Reading order: lines of a page, as they stand on it, into paragraphs and rows of tables.

Coordinates are in points, from the top left. Nothing here knows of PDF.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

GUTTER_POINTS = 6.0  # the narrowest space between two columns
COLUMN_LINES = 3  # so many lines make a column
TABLE_FILL = 0.7  # a row of prose in columns fills more of its width than a row of a table
TABLE_ROWS = 0.6  # of the rows of the longest column so many have cells in other columns
TABLE_WORDS = 3  # in a cell, usually at most
SAME_PARAGRAPH = 1.25  # times the usual distance of lines
_HYPHENATED = re.compile(r"(?<=[^\W\d_])[-\u2010\u00ad]$")
_PRESENTATION_FORMS = re.compile("[\ufb00-\ufdff\ufe70-\ufeff]")
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u200b\u2060\ufeff]")


@dataclass(frozen=True, slots=True)
class Line:
    """A piece of text on one baseline, and the box around it. `vertical`: its letters stand one below another."""

    x0: float
    y0: float
    x1: float
    y1: float
    text: str
    vertical: bool = False

    @property
    def height(self) -> float:
        return self.y1 - self.y0

    @property
    def middle(self) -> float:
        return (self.y0 + self.y1) / 2


def text_of(lines: Iterable[Line]) -> str:
    """The page's text in reading order: paragraphs with a blank line between them, a table's row on one line."""
    kept = _without_doubles([line for line in lines if line.text.strip()])
    across = [line for line in kept if not line.vertical]
    down = sorted((line for line in kept if line.vertical), key=lambda line: (-round(line.x0), line.y0))
    parts = _ordered(across) if across else []
    if down:
        parts.append("".join(readable(line.text) for line in down))
    return "\n\n".join(part for part in parts if part.strip())


def readable(text: str) -> str:
    """Letters as people type them: no ligatures, presentation forms, soft hyphens or control characters."""
    plain = _PRESENTATION_FORMS.sub(lambda found: unicodedata.normalize("NFKC", found[0]), text)
    return _undoubled(_UNSEEN.sub("", plain))


def _ordered(lines: list[Line]) -> list[str]:
    """Blocks of text: what runs across all columns divides the page, between that columns are read one by one."""
    columns, dividers = _columns(lines)
    if len(columns) < 2:
        return _paragraphs(sorted(lines, key=lambda line: (round(line.middle), line.x0)))
    if _is_table(columns):
        return ["\n".join(_rows(lines))]
    parts: list[str] = []
    rest = [sorted(column, key=lambda line: line.y0) for column in columns]
    for divider in [*sorted(dividers, key=lambda line: line.y0), None]:
        for column in rest:
            above = [line for line in column if divider is None or line.middle < divider.middle]
            del column[: len(above)]
            if above:
                parts += _ordered(above)
        if divider is not None:
            parts.append(readable(divider.text).strip())
    return parts


def _columns(lines: Sequence[Line]) -> tuple[list[list[Line]], list[Line]]:
    """The columns from left to right, and the lines that run across a space between two of them."""
    gutters = _gutters(lines)
    columns: list[list[Line]] = [[] for _ in range(len(gutters) + 1)]
    dividers: list[Line] = []
    for line in lines:
        if any(line.x0 < gutter < line.x1 for gutter in gutters):
            dividers.append(line)
        else:
            columns[sum(gutter <= line.x0 for gutter in gutters)].append(line)
    return columns, dividers


def _gutters(lines: Sequence[Line]) -> list[float]:
    """Where columns are divided: nearly no line crosses there, and enough lines stand on both sides."""
    if len(lines) < 2 * COLUMN_LINES:
        return []
    edges = sorted([(line.x0, 1) for line in lines] + [(line.x1, -1) for line in lines])
    allowed, covering, found = max(1, len(lines) // 12), 0, list[tuple[float, float]]()
    for (x, change), (after, _) in pairwise(edges):
        covering += change
        if covering <= allowed and after - x > 0:
            if found and found[-1][1] >= x - 0.01:
                found[-1] = (found[-1][0], after)
            else:
                found.append((x, after))
    gutters: list[float] = []
    left_edge = float("-inf")
    for start, end in found:
        gutter = (start + end) / 2
        left = sum(left_edge < line.x0 and line.x1 <= gutter for line in lines)
        right = sum(line.x0 >= gutter for line in lines)
        if end - start >= GUTTER_POINTS and min(left, right) >= COLUMN_LINES:
            gutters.append(gutter)
            left_edge = gutter
    return gutters


def _is_table(columns: Sequence[Sequence[Line]]) -> bool:
    """Short pieces that stand side by side, over and over."""
    rows = _row_groups([line for column in columns for line in column])
    several = [row for row in rows if len(row) > 1]
    if len(several) < TABLE_ROWS * max(len(column) for column in columns):
        return False
    left, right = min(line.x0 for row in rows for line in row), max(line.x1 for row in rows for line in row)
    fill = median(sum(line.x1 - line.x0 for line in row) / max(right - left, 1.0) for row in several)
    words = median(len(line.text.split()) for row in several for line in row)
    return fill < TABLE_FILL and words <= TABLE_WORDS


def _rows(lines: Sequence[Line]) -> list[str]:
    return [" | ".join(readable(line.text).strip() for line in row) for row in _row_groups(lines)]


def _row_groups(lines: Sequence[Line]) -> list[list[Line]]:
    """Lines whose middles are at the same height, each row from left to right."""
    rows: list[list[Line]] = []
    for line in sorted(lines, key=lambda line: line.middle):
        if rows and abs(rows[-1][0].middle - line.middle) < 0.5 * min(rows[-1][0].height, line.height):
            rows[-1].append(line)
        else:
            rows.append([line])
    return [sorted(row, key=lambda line: line.x0) for row in rows]


def _paragraphs(lines: Sequence[Line]) -> list[str]:
    """Lines at the usual distance of this column belong together; words divided at a line's end become whole."""
    rows = _row_groups(lines)
    tops = [row[0].y0 for row in rows]
    distances = [below - above for above, below in pairwise(tops) if below > above]
    usual = median(distances) if distances else 0.0
    parts: list[str] = []
    last: list[Line] | None = None
    for row in rows:
        text = _row_text(row)
        if last is None or not _continues(last, row, usual):
            parts.append(text)
        elif _HYPHENATED.search(parts[-1]) and text[:1].islower():
            parts[-1] = _HYPHENATED.sub("", parts[-1]) + text
        else:
            parts[-1] += "\n" + text
        last = row
    return [readable(part) for part in parts]


def _continues(last: Sequence[Line], row: Sequence[Line], usual: float) -> bool:
    height, next_height = max(line.height for line in last), max(line.height for line in row)
    distance = row[0].y0 - last[0].y0
    return distance <= SAME_PARAGRAPH * usual + 0.5 and max(height, next_height) < 1.3 * min(height, next_height)


def _row_text(row: Sequence[Line]) -> str:
    """Pieces on one baseline; a soft hyphen at its end stays for now, since it says that a word goes on."""
    text = row[0].text.strip(" ")
    for before, line in pairwise(row):
        close = line.x0 - before.x1 < 0.15 * line.height
        text += ("" if close and not text.endswith(" ") else " ") + line.text.strip(" ")
    return text.strip("\n")


def _without_doubles(lines: Sequence[Line]) -> list[Line]:
    """Some programs print a line twice, a hair apart, to make it bold."""
    kept: list[Line] = []
    by_text: dict[str, list[Line]] = {}
    for line in lines:
        same = by_text.setdefault(line.text, [])
        if not any(abs(line.x0 - other.x0) < 2 and abs(line.y0 - other.y0) < 2 for other in same):
            same.append(line)
            kept.append(line)
    return kept


def _undoubled(text: str) -> str:
    """“HHeelllloo” is “Hello”, where every letter of a line comes twice."""
    letters = [letter for letter in text if not letter.isspace()]
    if len(letters) < 8 or len(letters) % 2 or any(a != b for a, b in zip(letters[::2], letters[1::2], strict=True)):
        return text
    if len(set(letters)) < 3:
        return text  # a rule of dashes or dots
    single: list[str] = []
    seen = 0
    for letter in text:
        if letter.isspace():
            if not (single and single[-1].isspace()):
                single.append(letter)
        else:
            if seen % 2 == 0:
                single.append(letter)
            seen += 1
    return "".join(single)


def is_unreadable(raw: str) -> bool:
    """Whether a page's text, as it came out of the file, is glyph numbers rather than letters."""
    visible = [letter for letter in raw if not letter.isspace()]
    if len(visible) < 20:
        return False
    odd = sum(unicodedata.category(letter) in {"Cc", "Co", "Cn"} or letter == "\ufffd" for letter in visible)
    if odd > 0.05 * len(visible):
        return True
    latin = [letter for letter in raw.lower() if "a" <= letter <= "z"]
    vowels = sum(letter in "aeiouy" for letter in latin)
    return len(latin) >= 100 and len(latin) > 0.6 * len(visible) and vowels < 0.15 * len(latin)
