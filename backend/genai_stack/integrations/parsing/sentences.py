"""Sentences of a passage, each with the heading that it stands under; and which of them match a question."""

import math
import re
from collections import Counter
from collections.abc import Sequence
from typing import Final, NamedTuple

from genai_stack.integrations.parsing.terms import UNSPACED, WORD, terms

_SENTENCE_END: Final = re.compile(r"(?<=[.!?…])[\"'”’)\]]*\s+|(?<=[。！？])|\n\s*\n|\n(?=\s*(?:[-*•#|]|\d+[.)]\s))")
_MARKS: Final = "-*•# \t\r\n"  # of a list's item or a heading, before the text
_HEADING_WORDS: Final = 8  # a line of at most so many, without a full stop and with text below it, is a heading
_HEADING_COUNTS: Final = 0.7  # what a term in the heading is worth beside one in the sentence
_USUAL_WORDS: Final = 20  # of a sentence; a longer one needs more terms for the same score


class Sentence(NamedTuple):
    """`text` stands in its passage letter by letter; `heading` is the nearest one above it, or empty."""

    text: str
    heading: str = ""

    @property
    def with_heading(self) -> str:
        return f"{self.heading}: {self.text}" if self.heading else self.text


def sentences(passage: str) -> list[Sentence]:
    """In order. A heading, a single word and the end of a sentence that began before the passage are none."""
    found: list[Sentence] = []
    heading = ""
    parts = [part for part in _SENTENCE_END.split(passage) if part.strip()]
    for at, part in enumerate(parts):
        text = part.strip().lstrip(_MARKS)
        if _is_heading(part, last=at == len(parts) - 1):
            heading = " ".join(text.split())
        elif len(WORD.findall(text)) > 1 or UNSPACED.search(text):
            found.append(Sentence(text, heading))
    begins_inside = passage.lstrip()[:1].islower() and len(found) > 1
    return found[1:] if begins_inside else found


def _is_heading(part: str, *, last: bool) -> bool:
    if part.lstrip().startswith("#"):
        return True
    count = len(WORD.findall(part))
    ends = part.rstrip().endswith((".", "!", "?", "…", ":", ";", ",", "。", "！", "？"))
    plain = not last and not ends and not part.lstrip().startswith(("-", "*", "•", "|"))
    return plain and 0 < count <= _HEADING_WORDS and not any(word.isdigit() for word in WORD.findall(part))


def word_scores(question: str, candidates: Sequence[Sentence]) -> list[float]:
    """For each the share of the question's terms that it holds, from 0 to 1; terms that few hold weigh more."""
    asked = terms(question)
    said = [terms(sentence.text) & asked for sentence in candidates]
    above = [(terms(sentence.heading) & asked) - own for sentence, own in zip(candidates, said, strict=True)]
    found_in = Counter(term for own, heading in zip(said, above, strict=True) for term in own | heading)
    weight = {term: math.log(1 + len(candidates) / found_in[term]) if term in found_in else 1.0 for term in asked}
    total = sum(weight.values())
    if not total:
        return [0.0] * len(candidates)
    return [
        (sum(weight[term] for term in own) + _HEADING_COUNTS * sum(weight[term] for term in heading))
        / total
        / math.sqrt(max(1.0, len(WORD.findall(sentence.text)) / _USUAL_WORDS))
        for sentence, own, heading in zip(candidates, said, above, strict=True)
    ]
