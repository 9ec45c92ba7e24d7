"""Terms of a text."""

from genai_stack.integrations.parsing.terms import terms


def test_forms_of_a_word_are_one_term() -> None:
    for forms in ("carry carries carried", "stop stops stopped stopping", "book books"):
        assert len(terms(forms)) == 1, forms


def test_words_that_say_nothing_are_left_out_and_digits_stay() -> None:
    assert terms("What is it about, and a 7?") == {"7"}


def test_scripts_without_spaces_are_pairs_of_letters() -> None:
    assert terms("図書館") == {"図書", "書館"}
