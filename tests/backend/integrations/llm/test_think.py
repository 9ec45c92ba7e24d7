"""Reasoning inside an answer, however its pieces are cut."""

from hypothesis import given, settings
from hypothesis import strategies as st

from genai_stack.integrations.llm.think import ThinkSplitter

PARTS = st.sampled_from(["<think>", "</think>", "<thi", "nk>", "</", "<", "a", " ", "\n", "word ", "é", "</thinker>"])


def split(pieces: list[str]) -> tuple[str, str]:
    splitter = ThinkSplitter()
    text = reasoning = ""
    for found in [*(splitter.split(piece) for piece in pieces), splitter.rest()]:
        if found.retracts:
            text, reasoning = "", reasoning + text
        text, reasoning = text + found.text, reasoning + found.reasoning
    return text, reasoning


def test_a_closing_tag_that_nothing_opened_makes_all_before_it_reasoning() -> None:
    assert split(["I think.\n</th", "ink>\n\nYes."]) == ("Yes.", "I think.\n")
    assert split(["I think.\n</think>"]) == ("", "I think.")


def test_a_closing_tag_inside_a_line_or_after_an_opening_one_is_text() -> None:
    assert split(["Close it with </think>\nat the end."]) == ("Close it with </think>\nat the end.", "")
    assert split(["Write <think>\nwhy\n</think>\nthen."]) == ("Write <think>\nwhy\n</think>\nthen.", "")


def test_reasoning_is_taken_apart() -> None:
    assert split(["\n<think>why\n</think>\n\nBecause."]) == ("Because.", "why\n")


def test_several_blocks_before_the_answer_are_reasoning() -> None:
    assert split(["<think>a</think> <think>b</think> c"]) == ("c", "ab")


def test_tag_inside_an_answer_stays_in_it() -> None:
    assert split(["Use <think>this</think>."]) == ("Use <think>this</think>.", "")


def test_block_that_never_ends_is_reasoning() -> None:
    assert split(["<think>on and on </thi"]) == ("", "on and on </thi")


def test_white_space_before_a_plain_answer_is_kept() -> None:
    assert split(["  ", "<", "b>"]) == ("  <b>", "")


def test_text_is_given_as_soon_as_it_can_be_no_tag() -> None:
    splitter = ThinkSplitter()
    assert splitter.split("<thi")[:2] == ("", "")
    assert splitter.split("s")[:2] == ("<this", "")
    assert splitter.split(" <think>")[:2] == (" <think>", "")


@settings(deadline=None)
@given(st.lists(PARTS, max_size=12), st.data())
def test_any_cut_gives_the_same(parts: list[str], data: st.DataObject) -> None:
    text = "".join(parts)
    cuts = sorted(data.draw(st.sets(st.integers(0, len(text)), max_size=8)))
    pieces = [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    assert split(pieces) == split([text])
