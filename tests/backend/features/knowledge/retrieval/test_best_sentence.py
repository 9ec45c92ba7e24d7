"""The sentence of a passage that matches."""

from collections.abc import Sequence

from genai_stack.features.knowledge.retrieval.best_sentence import best_sentences
from genai_stack.integrations.embedding.closeness import Closeness
from tests.fakes.embedder import WordEmbedder

PASSAGES = (
    "Gulls shout. The keeper carried\noil.",
    "Rules\n\nLate returns cost ten cents.",
    "Wages are paid. Cows eat.",
)


async def test_row_15_the_matching_sentence_is_found_by_its_words() -> None:
    assert await best_sentences("Who carries the oil?", PASSAGES) == ["The keeper carried\noil.", None, None]


async def test_row_15_a_passage_without_the_questions_words_is_compared_by_meaning() -> None:
    asked: list[str] = []

    class Meanings(Closeness):
        async def __call__(self, question: str, texts: Sequence[str]) -> list[float]:
            asked.extend(texts)
            return [0.4 if "ten cents" in text else 0.2 for text in texts]

    found = await best_sentences("Who carries the oil?", PASSAGES, Meanings(WordEmbedder()))
    assert found == ["The keeper carried\noil.", "Late returns cost ten cents.", None]
    assert asked == ["Rules: Late returns cost ten cents.", "Wages are paid.", "Cows eat."]
