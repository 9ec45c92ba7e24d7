"""A model without network or weights: it quotes the sentences of its passages that match the question best."""

import asyncio
import math
import re
from collections import Counter
from collections.abc import AsyncIterator
from typing import Final

from msgspec import Struct

from genai_stack.integrations.llm.chat_model import ChatRequest, ContextPassage, Delta, Usage
from genai_stack.integrations.llm.prompt import sound

_SENTENCES: Final = 4
_SENTENCE_CHARS: Final = 600
_WORDS_PER_DELTA: Final = 4
_RELATIVE_SCORE: Final = 0.4  # of the best sentence's; worse ones are left out
_HEADING_COUNTS: Final = 0.7  # what a term in the heading is worth beside one in the sentence
_WHO: Final = "I am the offline model: no language model, only a search for the best matching sentences."
_REMEDY: Final = "For a written answer choose another provider in the LLM node."
_STOP_WORDS: Final = frozenset(
    re.findall(
        r"\w+",
        """a about above after again all also am an and any are as at be because been before being below
        between both but by can could did do does doing down during each few for from further had has have
        having he her here hers him his how i if in into is it its itself just let me more most much my no
        nor not now of off on once only or other our out over own please said same say says she should so
        some such tell than that the their them then there these they this those through to too under until
        up us very was we were what when where which while who whom whose why will with would you your""",
    )
)
_WORD: Final = re.compile(r"[^\W_]+")
_UNSPACED: Final = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\u0e00-\u0e7f]")  # scripts without spaces between words
_SENTENCE_END: Final = re.compile(r"(?<=[.!?…])[\"'”’)\]]*\s+|(?<=[。！？])|\n\s*\n|\n(?=\s*[-*•#|])")
_ENDINGS: Final = (
    "ations", "ation", "ingly", "ings", "ing", "iedly", "edly", "iers", "ied", "ier", "ies", "ed", "es", "ily", "ly",
    "s", "e", "y",
)  # fmt: skip
_HEADING_WORDS: Final = 8  # a line of at most so many, without a full stop and with text below it, is a heading


class OfflineModel:
    name = "The offline model"

    async def stream(self, request: ChatRequest) -> AsyncIterator[Delta]:
        count = len(request.passages)
        yield Delta(reasoning=f"Comparing the question with the sentences of {count} passage{'s' * (count != 1)}.")
        for piece in _pieces(answer(request.question, request.passages, introduced=_has_introduced_itself(request))):
            yield Delta(piece)
            await asyncio.sleep(0)
        yield Delta(usage=Usage(), finish="stop")


class _Sentence(Struct, frozen=True):
    """`heading` are the terms of the Markdown heading that it stands under."""

    text: str
    passage: int
    terms: frozenset[str]
    words: int
    heading: frozenset[str]


def _has_introduced_itself(request: ChatRequest) -> bool:
    return any(message.role == "assistant" and _WHO in message.content for message in request.history)


def answer(question: str, passages: tuple[ContextPassage, ...], *, introduced: bool = False) -> str:
    """`introduced`: the conversation says already what this model is, so the quotations stand alone."""
    if not passages:
        return (
            f"{_WHO} I have no documents to search here. "
            f"Upload one to the knowledge base and connect it to the LLM node. {_REMEDY}"
        )
    best = _best(question, _sentences(passages))
    if not best:
        return f"{_WHO} Nothing in your documents matches this question. Ask with words that stand in them. {_REMEDY}"
    quoted = "\n".join(f"- {sound(sentence.text)} [{sentence.passage}]" for sentence in best)
    return quoted if introduced else f"{_WHO} {_REMEDY}\n\n{quoted}"


def _best(question: str, sentences: list[_Sentence]) -> list[_Sentence]:
    """In reading order."""
    asked = _terms(question)
    found_in = Counter(term for sentence in sentences for term in (sentence.terms | sentence.heading) & asked)
    weight = {term: math.log(1 + len(sentences) / count) for term, count in found_in.items()}

    def score(sentence: _Sentence) -> float:
        above = sum(weight[term] for term in (sentence.heading - sentence.terms) & asked)
        said = sum(weight[term] for term in sentence.terms & asked)
        return (said + above * _HEADING_COUNTS) / math.sqrt(8 + sentence.words)

    ranked = sorted(((score(sentence), -place) for place, sentence in enumerate(sentences)), reverse=True)
    chosen = [
        -place for points, place in ranked[:_SENTENCES] if points > 0 and points >= _RELATIVE_SCORE * ranked[0][0]
    ]
    return [sentences[place] for place in sorted(chosen)]


def _sentences(passages: tuple[ContextPassage, ...]) -> list[_Sentence]:
    """Passages overlap, so a sentence counts once: where it stands first."""
    found: dict[str, _Sentence] = {}
    for number, passage in enumerate(passages, 1):
        heading: frozenset[str] = frozenset()
        parts = [part for part in _SENTENCE_END.split(passage.text) if part and part.strip()]
        for at, part in enumerate(parts):
            text = " ".join(part.split()).lstrip("-*•# ")
            if _is_heading(part, last=at == len(parts) - 1):
                heading = _terms(text)
                continue
            words = _WORD.findall(text)
            if len(words) < 2 and not _UNSPACED.search(text):
                continue
            if len(text) > _SENTENCE_CHARS:
                text = text[:_SENTENCE_CHARS].rsplit(" ", 1)[0] + " …"
            found.setdefault(text.casefold(), _Sentence(text, number, _terms(text), len(words), heading))
    return list(found.values())


def _is_heading(part: str, *, last: bool) -> bool:
    if part.lstrip().startswith("#"):
        return True
    words = _WORD.findall(part)
    ends = part.rstrip().endswith((".", "!", "?", "…", ":", ";", ",", "。", "！", "？"))
    plain = not last and not ends and not part.lstrip().startswith(("-", "*", "•", "|"))
    return plain and 1 < len(words) <= _HEADING_WORDS and not any(word.isdigit() for word in words)


def _terms(text: str) -> frozenset[str]:
    terms: set[str] = set()
    for word in _WORD.findall(text.casefold()):
        if _UNSPACED.search(word):
            terms.update(word[i : i + 2] for i in range(max(1, len(word) - 1)))
        elif word not in _STOP_WORDS and (len(word) > 1 or word.isdigit()):
            terms.add(_stem(word))
    return frozenset(terms)


def _stem(word: str) -> str:
    """Cuts one common English ending where at least three letters are left."""
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            stem = word[: -len(ending)]
            doubled = (
                ending.startswith(("ing", "ed")) and stem[-1] == stem[-2] and stem[-1] not in "lsz" and len(stem) > 3
            )
            return stem[:-1] if doubled else stem
    return word


def _pieces(text: str) -> list[str]:
    """Groups of words with the white space between them; joined they are the text."""
    words = re.findall(r"\s*\S+|\s+$", text)
    return ["".join(words[i : i + _WORDS_PER_DELTA]) for i in range(0, len(words), _WORDS_PER_DELTA)]
