"""The sentence of each passage that matches a question best: by its words, else by its meaning."""

from collections.abc import Sequence
from itertools import islice

from genai_stack.integrations.embedding.closeness import Closeness
from genai_stack.integrations.parsing.sentences import Sentence, sentences, word_scores

LEAST_COSINE = 0.3  # of a sentence that shares no word with the question
COMPARED = 32  # sentences whose meaning is compared in one search


async def best_sentences(
    question: str, passages: Sequence[str], closeness: Closeness | None = None
) -> list[str | None]:
    """None for a passage of which no sentence shares a word or the meaning of the question."""
    parts = [sentences(passage) for passage in passages]
    scores = iter(word_scores(question, [sentence for part in parts for sentence in part]))
    found = [_best(part, [next(scores) for _ in part]) for part in parts]
    unmatched = [place for place, match in enumerate(found) if match is None]
    compared = [sentence for place in unmatched for sentence in parts[place]][:COMPARED]
    cosines = await closeness(question, [one.with_heading for one in compared]) if closeness and compared else None
    remaining = iter(cosines or ())
    for place in unmatched:
        part = parts[place]
        found[place] = _best(part, list(islice(remaining, len(part))), LEAST_COSINE)
    return found


def _best(candidates: Sequence[Sentence], scores: Sequence[float], least: float = 0.0) -> str | None:
    if not scores or max(scores) <= least:
        return None
    return candidates[scores.index(max(scores))].text
