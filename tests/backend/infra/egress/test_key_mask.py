"""A key is masked however the text that holds it is cut."""

import random

import pytest

from genai_stack.infra.egress.api_key import ApiKey
from genai_stack.infra.egress.key_mask import KeyMask

SECRET = "sk-sk-proj-0123456789"
KEY = ApiKey(SECRET, "https://api.example.com:443")
TEXT = f"Your key is {SECRET}, not sk-sk-proj-999; twice: {SECRET}{SECRET} and half: {SECRET[:9]}"
MASKED = "Your key is [key], not sk-sk-proj-999; twice: [key][key] and half: sk-sk-pro"


@pytest.mark.parametrize("seed", range(40))
def test_the_key_is_masked_whatever_pieces_it_comes_in(seed: int) -> None:
    chance, mask = random.Random(seed), KeyMask(KEY)
    said, at = "", 0
    while at < len(TEXT):
        size = chance.randint(1, 1 + seed)
        said += mask.feed(TEXT[at : at + size])
        assert SECRET not in said
        at += size
    assert said + mask.end() == MASKED


def test_a_text_without_a_beginning_of_the_key_is_told_at_once() -> None:
    assert KeyMask(KEY).feed("Hello") == "Hello"


def test_a_short_key_is_a_word_and_not_masked() -> None:
    assert not KeyMask.is_needed(ApiKey("ollama", KEY.origin))
    assert not KeyMask.is_needed(None)
    assert KeyMask.is_needed(KEY)
