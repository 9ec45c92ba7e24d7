"""Sentences of a passage, and which of them match a question."""

from genai_stack.integrations.parsing.sentences import Sentence, sentences, word_scores


def test_row_17_a_heading_is_joined_to_what_follows() -> None:
    assert sentences("# Rules\n\nBees dance. Whales sing.\n\nOpening hours\nOpen at nine sharp.\n\nStaff") == [
        Sentence("Bees dance.", "Rules"),
        Sentence("Whales sing.", "Rules"),
        Sentence("Opening hours\nOpen at nine sharp.", "Rules"),
    ]


def test_items_of_a_list_are_sentences_of_their_own() -> None:
    assert [one.text for one in sentences("- red bees\n- blue bees\n2. green bees")] == [
        "red bees", "blue bees", "green bees",
    ]  # fmt: skip


def test_a_sentence_stands_in_its_passage_letter_by_letter() -> None:
    passage = "in the\nevening. The keeper\n  carries oil. “Stop!” 図書館は九時に開きます。本は五冊まで。"
    found = sentences(passage)
    assert [one.text for one in found] == [
        "The keeper\n  carries oil.", "図書館は九時に開きます。", "本は五冊まで。",
    ]  # fmt: skip
    assert all(one.text in passage for one in found)


def test_a_sentence_with_more_and_rarer_words_of_the_question_scores_higher() -> None:
    found = sentences("The lamp burns oil. The lamp is red. Gulls shout at dawn.")
    oil, red, gulls = word_scores("How much oil does the lamp burn?", found)
    assert oil > red > gulls == 0
    assert word_scores("what is it?", found) == [0, 0, 0]
