"""How pages are cut, and that nothing is lost on the way."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genai_stack.integrations.parsing.pages import ParsedPage
from genai_stack.integrations.parsing.passages import (
    CHARACTERS_PER_WORD,
    MAX_CHUNK_WORDS,
    MIN_CHUNK_WORDS,
    TextChunk,
    cut,
)

SIZES = st.integers(MIN_CHUNK_WORDS, 60)
TEXTS = st.one_of(
    st.text(),
    st.lists(
        st.sampled_from(["word", "a", "end.", "\n\n", "\n", " ", "  ", "日本", "語。", "x" * 300]), max_size=400
    ).map(" ".join),
    st.text(alphabet="ab .\n", max_size=3000),
)


def passages(text: str, size: int = 180, overlap: int = 30) -> list[str]:
    return [passage.text for passage in cut([ParsedPage(None, text)], size=size, overlap=overlap)]


@given(TEXTS, SIZES)
def test_without_overlap_the_passages_are_the_text_but_for_the_spaces_between(text: str, size: int) -> None:
    rest = text
    for passage in passages(text, size, overlap=0):
        assert rest.lstrip().startswith(passage)
        rest = rest.lstrip()[len(passage) :]
    assert not rest.strip()


@given(st.lists(st.sampled_from([" ", "\n\n", ". ", "x" * 90 + " "]), max_size=300), SIZES, st.integers(0, 10))
def test_with_overlap_every_word_is_in_a_passage_and_every_passage_a_piece_of_the_text(
    between: list[str], size: int, overlap: int
) -> None:
    text = "".join(f"w{n}{end}" for n, end in enumerate(between))
    at = 0  # no two words are equal, so each passage has one place
    for passage in passages(text, size, overlap):
        start = text.index(passage)
        assert not text[at:start].strip()
        assert start + len(passage) > at
        at = start + len(passage)
    assert not text[at:].strip()


@given(TEXTS, SIZES, st.integers(0, 10))
def test_a_passage_is_bounded_and_begins_and_ends_with_a_word(text: str, size: int, overlap: int) -> None:
    for passage in passages(text, size, overlap):
        assert 0 < len(passage) <= size * CHARACTERS_PER_WORD
        assert len(passage.split()) <= size
        assert passage == passage.strip()


@given(st.lists(st.text("abc.", min_size=1, max_size=12), min_size=1, max_size=300), SIZES, st.integers(0, 10))
def test_no_word_is_cut(words: list[str], size: int, overlap: int) -> None:
    for passage in passages(" ".join(words), size, overlap):
        assert set(passage.split(" ")) <= set(words)


@given(TEXTS, SIZES, st.integers(0, MIN_CHUNK_WORDS // 2))
def test_there_are_not_many_more_passages_than_needed(text: str, size: int, overlap: int) -> None:
    words = len(re.findall(r"\S", text))
    assert len(passages(text, size, overlap)) <= words


def test_a_passage_ends_with_its_paragraph_rather_than_with_its_sentence() -> None:
    first = "One two three four. " * 3 + "five six."
    text = first + "\n\n" + "Seven eight nine. " * 10
    assert passages(text, size=20, overlap=0)[0] == first


def test_a_passage_ends_with_its_sentence_rather_than_with_a_word() -> None:
    text = "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu. " * 4
    assert all(passage.endswith("mu.") for passage in passages(text, size=20, overlap=0))


def test_the_next_passage_begins_with_the_last_words_of_the_one_before() -> None:
    words = [f"w{n}" for n in range(50)]
    first, second, *_ = passages(" ".join(words), size=20, overlap=5)
    assert first.split() == words[:20]
    assert second.split()[:6] == words[15:21]


def test_a_passage_lies_on_one_page_and_the_positions_go_on() -> None:
    found = list(cut([ParsedPage(1, "first page"), ParsedPage(2, " \n "), ParsedPage(3, "third page")]))
    assert found == [TextChunk(0, 1, "first page"), TextChunk(1, 3, "third page")]


def test_text_stands_in_the_passage_as_it_stood_on_the_page() -> None:
    text = "a\t b\r\n\u00a0c\u2028d  e\ufffd😀\u0301"
    assert passages(text) == [text]


def test_chinese_and_japanese_are_counted_by_characters() -> None:
    text = "这是一个没有空格的句子。" * 40
    found = passages(text, size=50, overlap=0)
    assert all(len(passage) <= 62 and passage.endswith("。") for passage in found)
    assert "".join(found) == text


@pytest.mark.parametrize("text", ["x" * 10_000, "ก" * 10_000])
def test_what_has_no_spaces_is_cut_by_length(text: str) -> None:
    found = passages(text, size=100, overlap=10)
    assert {len(passage) for passage in found[:-1]} == {800}
    assert "".join(found) == text


def test_a_large_page_is_cut_in_one_go() -> None:
    assert len(passages("word " * 200_000, size=MAX_CHUNK_WORDS, overlap=MAX_CHUNK_WORDS // 2)) == 199
