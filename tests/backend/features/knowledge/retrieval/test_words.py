"""Words for lexical search: what is one, and what is looked for together."""

import pytest

from genai_stack.features.knowledge.retrieval.words import LONGEST_WORD, is_identifier, phrases, words


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Part number KX-4282-B.", ["part", "number", "kx", "4282", "b"]),
        ("Zürich, ZÜRICH", ["zurich", "zurich"]),
        ("ﬁnance", ["finance"]),
        ("灯台の灯", ["灯", "台", "の", "灯"]),
        ("max_tokens=5", ["max", "tokens", "5"]),
        ("… — !", []),
        ("x" * 5000, ["x" * LONGEST_WORD]),
    ],
)
def test_words(text: str, found: list[str]) -> None:
    assert words(text) == found


def test_what_stands_together_is_one_phrase_and_stop_words_are_left_out() -> None:
    assert phrases("What is the stock of KX-4282-B, KX-4282-B?") == [("stock",), ("kx", "4282", "b")]


def test_unspaced_scripts_are_looked_for_in_pairs() -> None:
    assert phrases("灯台守") == [("灯", "台"), ("台", "守")]


@pytest.mark.parametrize(
    ("phrase", "answer"),
    [(("kx", "4282", "b"), True), (("2015",), True), (("7",), False), (("b2",), False), (("lighthouse",), False)],
)
def test_identifiers_have_a_digit_and_three_characters(phrase: tuple[str, ...], answer: bool) -> None:
    assert is_identifier(phrase) is answer
