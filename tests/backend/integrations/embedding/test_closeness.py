"""How near texts are to a question."""

from genai_stack.errors import EmbedderMissing
from genai_stack.integrations.embedding.closeness import Closeness
from tests.fakes.embedder import WordEmbedder


async def test_the_text_with_the_questions_words_is_the_nearest() -> None:
    near, far = await Closeness(WordEmbedder())("otters sleep", ["otters sleep", "badgers dig"]) or ()
    assert near > 0.99
    assert far < 0.5


async def test_texts_that_come_again_are_not_embedded_again() -> None:
    embedder = WordEmbedder()
    closeness = Closeness(embedder, kept_texts=3)
    first = await closeness("otters", ["otters sleep", "badgers dig"])
    embedder.fails_with = EmbedderMissing("The weights are gone.")
    assert await closeness("otters", ["otters sleep", "badgers dig"]) == first
    embedder.fails_with = None
    await closeness("bees", ["bees dance", "bees hum"])
    embedder.fails_with = EmbedderMissing("The weights are gone.")
    assert await closeness("otters", ["otters sleep", "badgers dig"]) is None
