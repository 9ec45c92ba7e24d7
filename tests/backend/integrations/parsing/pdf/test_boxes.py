"""Where a text stands on a page."""

from genai_stack.integrations.parsing.pdf.boxes import Box, Word, boxes_of


def page(*lines: str) -> list[Word]:
    """Lines from top to bottom; each letter is one wide, each line one high."""
    words: list[Word] = []
    for number, line in enumerate(lines):
        at = 0
        for text in line.split():
            words.append(Word(Box(at, number, at + len(text), number + 1), text, number))
            at += len(text) + 1
    return words


def test_a_text_has_a_box_for_each_of_its_lines() -> None:
    words = page("Bees dance. Whales", "sing low songs.")
    assert boxes_of("Whales sing low", words) == [Box(12, 0, 18, 1), Box(0, 1, 8, 2)]


def test_blanks_hyphens_ligatures_and_case_may_differ() -> None:
    assert boxes_of("the office is flooded", page("The o\ufb03ce is", "floo-", "ded.")) == [
        Box(0, 0, 11, 1), Box(0, 1, 5, 2), Box(0, 2, 4, 3),
    ]  # fmt: skip


def test_lines_that_stand_in_another_order_are_found_one_by_one() -> None:
    words = page("Badgers dig setts", "Otters sleep holding", "hands.")
    assert boxes_of("Otters sleep holding hands. Badgers dig setts", words) == [Box(0, 0, 17, 1), Box(0, 1, 20, 2)]


def test_what_is_not_there_has_no_boxes() -> None:
    assert boxes_of("Cats purr.", page("Bees dance.")) == []
    assert boxes_of("…", page("Bees dance.")) == []
