"""Reasoning inside an answer, however its pieces are cut."""

from hypothesis import given, settings
from hypothesis import strategies as st

from genai_stack.integrations.llm.think import ThinkSplitter

PARTS = st.sampled_from(["<think>", "</think>", "<thi", "nk>", "</", "<", "a", " ", "\n", "word ", "é", "</thinker>"])


def split(pieces: list[str]) -> tuple[str, str]:
    splitter = ThinkSplitter()
    found = [*(splitter.split(piece) for piece in pieces), splitter.rest()]
    return "".join(text for text, _ in found), "".join(reasoning for _, reasoning in found)


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
    assert splitter.split("<thi") == ("", "")
    assert splitter.split("s") == ("<this", "")
    assert splitter.split(" <think>") == (" <think>", "")


@settings(deadline=None)
@given(st.lists(PARTS, max_size=12), st.data())
def test_any_cut_gives_the_same(parts: list[str], data: st.DataObject) -> None:
    text = "".join(parts)
    cuts = sorted(data.draw(st.sets(st.integers(0, len(text)), max_size=8)))
    pieces = [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    assert split(pieces) == split([text])
