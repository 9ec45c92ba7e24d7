"""Reading order of lines, whatever the order in which a file holds them."""

import random

import pytest

from genai_stack.integrations.parsing.pdf.layout import Line, is_unreadable, readable, text_of


def line(x: float, y: float, text: str, *, width: float = 5.0, height: float = 12.0) -> Line:
    return Line(x, y, x + width * len(text), y + height, text)


def column(x: float, words: str, lines: int = 12, step: float = 14.0, top: float = 100.0) -> list[Line]:
    return [line(x, top + step * number, f"{words} number {number:02} goes on") for number in range(lines)]


@pytest.mark.parametrize("step", [13.0, 14.4, 18.0, 24.0])
def test_lines_at_the_usual_distance_are_one_paragraph(step: float) -> None:
    """Row 18 of the page faults. Also where a text is set with 1.5 or double line spacing."""
    assert "\n\n" not in text_of(column(50, "Prose", step=step))


def test_a_wider_distance_divides_paragraphs() -> None:
    first, second = column(50, "First", 5), column(50, "Second", 5, top=200)
    assert text_of(first + second).count("\n\n") == 1


@pytest.mark.parametrize("columns", [2, 3, 4])
def test_columns_are_read_one_after_the_other_whatever_the_files_order(columns: int) -> None:
    lines = [line(50, 40, "A title that runs across all of the columns of this page and more", width=9)]
    for number in range(columns):
        lines += column(50 + 160 * number, f"C{number}")
    lines.append(line(300, 780, "17"))
    random.Random(1).shuffle(lines)
    text = text_of(lines)
    places = [text.index(f"C{number} number 00") for number in range(columns)]
    assert places == sorted(places)
    assert all(
        text.index(f"C{number} number 11") < text.index(f"C{number + 1} number 00") for number in range(columns - 1)
    )
    assert text.startswith("A title")


def test_a_table_is_read_row_by_row_though_it_was_drawn_by_column() -> None:
    lines = [
        line(x, 100 + 13 * row, f"{name}{row}") for x, name in ((50, "a"), (200, "b"), (400, "c")) for row in range(8)
    ]
    assert text_of(lines).splitlines() == [f"a{row} | b{row} | c{row}" for row in range(8)]


def test_words_divided_at_the_end_of_a_line_are_whole() -> None:
    lines = [
        line(50, 100, "next to the light-"),
        line(50, 114, "house, and the lan\u00ad"),
        line(50, 128, "terns of Well-"),
    ]
    lines.append(line(50, 142, "Known"))
    assert text_of(lines) == "next to the lighthouse, and the lanterns of Well-\nKnown"


def test_letters_are_those_that_people_type() -> None:
    assert readable("o\ufb03ce \ufb02oor re\u00adpairs\x10\x11") == "office floor repairs"
    assert readable("\ufefb") == "\u0644\u0627"  # Arabic lam-alef


def test_a_line_printed_twice_for_bold_comes_once() -> None:
    assert text_of([line(50, 100, "Bold"), line(50.4, 100.2, "Bold")]) == "Bold"
    assert readable("HHeelllloo  wwoorrlldd") == "Hello world"
    assert readable("----------------") == "----------------"
    assert readable("bookkeeper") == "bookkeeper"


def test_vertical_writing_goes_down_and_then_to_the_left() -> None:
    def down(x: float, text: str) -> Line:
        return Line(x, 50, x + 12, 50 + 12 * len(text), text, vertical=True)

    assert text_of([down(100, "二行目です"), down(130, "一行目です")]) == "一行目です二行目です"


@pytest.mark.parametrize(
    ("raw", "unreadable"),
    [
        ("7KH\x03OLJKWKRXVH\x03NHHSHU\x03SROLVKHV\x03WKH\x03ODPS", True),
        ("\ue001\ue002\ue003 \ue004" * 10, True),
        ("bcdf ghjk lmnp qrst " * 10, True),
        ("The lamp of the lighthouse was cleaned with vinegar by the keeper. " * 3, False),
        ("Strč prst skrz krk. Přijď včas a zmrzlinu si kup u vchodu do přístavu. " * 3, False),
        ("12 34 56 78 KX-4282-B 99 100 " * 5, False),
        ("\x10short\x11", False),
    ],
)
def test_glyph_numbers_are_told_from_letters(raw: str, unreadable: bool) -> None:
    assert is_unreadable(raw) == unreadable
