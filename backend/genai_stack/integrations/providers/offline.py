"""A model without network or weights of its own: it quotes the sentences of its passages that match the question."""

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from typing import Final, NamedTuple

from genai_stack.integrations.llm.chat_model import ChatRequest, ContextPassage, Delta, ModelCard, Usage
from genai_stack.integrations.llm.prompt import sound
from genai_stack.integrations.parsing.sentences import Sentence, sentences, word_scores
from genai_stack.integrations.parsing.terms import terms
from genai_stack.integrations.provider import CompareTexts, Connection, Provider

_QUOTED: Final = 4  # sentences
_SENTENCE_CHARS: Final = 600
_WORDS_PER_DELTA: Final = 4
_COMPARED: Final = 64  # sentences whose meaning is compared: those with the most words of the question, then the first
_RELATIVE_SCORE: Final = 0.6  # of the best sentence's; worse ones are left out
_MEANING_COUNTS: Final = 1.5  # what a cosine is worth beside the share of words
_LEAST_COSINE: Final = 0.3  # of a sentence that shares no word with the question
WHO: Final = "*Quoted by the offline model, which is not a language model.*"
_REMEDY: Final = "*To get written answers, choose another provider in the LLM Engine’s settings.*"
NO_DOCUMENTS: Final = (
    "There are no documents to answer from. Upload one, and connect a Knowledge Base to the LLM Engine."
)
NO_MATCH: Final = "Nothing in your documents matches this question. Try other words, or upload a document about it."
_OVERVIEW: Final = terms("document documents file paper text pdf page main point key topic summary summarize overview")
"""What a question about the whole document is made of."""


class OfflineModel:
    name = "The offline model"

    def __init__(self, closeness: CompareTexts | None = None) -> None:
        self._closeness = closeness

    async def stream(self, request: ChatRequest) -> AsyncIterator[Delta]:
        count = len(request.passages)
        yield Delta(reasoning=f"Comparing the question with the sentences of {count} passage{'s' * (count != 1)}.")
        question = request.question.replace(WHO, "").replace(_REMEDY, "")  # of another offline model before this one
        said = await answer(question, request.passages, self._closeness)
        if not any(message.role == "assistant" and WHO in message.content for message in request.history):
            said += f"\n\n{WHO} {_REMEDY}"
        for piece in _pieces(said):
            yield Delta(piece)
            await asyncio.sleep(0)
        yield Delta(usage=Usage(), finish="stop")

    async def models(self) -> list[ModelCard]:
        return [ModelCard("offline", "Offline: best matching sentences")]


class _Candidate(NamedTuple):
    sentence: Sentence
    passage: int


async def answer(question: str, passages: tuple[ContextPassage, ...], closeness: CompareTexts | None = None) -> str:
    """A list of quotations with the numbers of their passages, in reading order."""
    if not passages:
        return NO_DOCUMENTS
    candidates = _candidates(passages)
    best = _openings(candidates) if terms(question) <= _OVERVIEW else await _best(question, candidates, closeness)
    if not best:
        return NO_MATCH
    return "\n".join(f"- {sound(_shown(sentence))} [{passage}]" for sentence, passage in best)


def _candidates(passages: tuple[ContextPassage, ...]) -> list[_Candidate]:
    """Passages overlap, so a sentence counts once: where it stands first."""
    found: dict[str, _Candidate] = {}
    for number, passage in enumerate(passages, 1):
        for sentence in sentences(passage.text):
            found.setdefault(" ".join(sentence.text.casefold().split()), _Candidate(sentence, number))
    return list(found.values())


def _openings(candidates: Sequence[_Candidate]) -> list[_Candidate]:
    """The first sentence of each passage, for a question that is about all of them."""
    first: dict[int, _Candidate] = {}
    for candidate in candidates:
        first.setdefault(candidate.passage, candidate)
    return list(first.values())[:_QUOTED]


async def _best(question: str, candidates: list[_Candidate], closeness: CompareTexts | None) -> list[_Candidate]:
    by_words = word_scores(question, [candidate.sentence for candidate in candidates])
    cosines = await _cosines(question, candidates, by_words, closeness)
    scores = [
        words + _MEANING_COUNTS * cosine if words or cosine >= _LEAST_COSINE else 0.0
        for words, cosine in zip(by_words, cosines, strict=True)
    ]
    ranked = sorted(range(len(scores)), key=lambda place: -scores[place])[:_QUOTED]
    chosen = [place for place in ranked if scores[place] > 0 and scores[place] >= _RELATIVE_SCORE * scores[ranked[0]]]
    return [candidates[place] for place in sorted(chosen)]


async def _cosines(
    question: str, candidates: Sequence[_Candidate], by_words: Sequence[float], closeness: CompareTexts | None
) -> list[float]:
    """0 where no embedder is at hand: then the words decide alone."""
    cosines = [0.0] * len(candidates)
    compared = sorted(range(len(candidates)), key=lambda place: -by_words[place])[:_COMPARED]
    if closeness is None or not compared:
        return cosines
    found = await closeness(question, [candidates[place].sentence.with_heading for place in compared])
    for place, cosine in zip(compared, found or (), strict=found is not None):
        cosines[place] = max(0.0, cosine)
    return cosines


def _shown(sentence: Sentence) -> str:
    text = " ".join(sentence.text.split())
    return text if len(text) <= _SENTENCE_CHARS else text[:_SENTENCE_CHARS].rsplit(" ", 1)[0] + " …"


def _pieces(text: str) -> list[str]:
    """Groups of words with the white space between them; joined they are the text."""
    words = re.findall(r"\s*\S+|\s+$", text)
    return ["".join(words[i : i + _WORDS_PER_DELTA]) for i in range(0, len(words), _WORDS_PER_DELTA)]


def open_chat(connection: Connection) -> OfflineModel:
    return OfflineModel(connection.shared.compare_texts)


PROVIDER = Provider(
    "offline",
    title="Offline",
    key_help="Needs no API key and no network. It is not a language model: it quotes the sentences that match best.",
    rank=5,
    open_chat=open_chat,
)
