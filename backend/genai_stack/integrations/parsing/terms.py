"""Terms of a text: its words by their stems, without those that say nothing about what it is about."""

import re
from typing import Final

STOP_WORDS: Final = frozenset(
    re.findall(
        r"\w+",
        """a about above after again all also am an and any are as at be because been before being below
        between both but by can could did do does doing down during each few for from further had
        has have having he her here hers him his how i if in into is it its itself just let many may
        me might more most much must my no nor not now of off on once only or other our out over own
        please said same say says she should so some such tell than that the their them then there
        these they this those through to too under until up us very was we were what when where
        which while who whom whose why will with would you your""",
    )
)
WORD: Final = re.compile(r"[^\W_]+")
UNSPACED: Final = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\u0e00-\u0e7f]")
"""Scripts without spaces between words: of these, each pair of letters is a term."""
_ENDINGS: Final = (
    "ations", "ation", "ingly", "ings", "ing", "iedly", "edly", "iers", "ied", "ier", "ies", "ed", "es", "ily", "ly",
    "s", "e", "y",
)  # fmt: skip


def terms(text: str) -> frozenset[str]:
    found: set[str] = set()
    for word in WORD.findall(text.casefold()):
        if UNSPACED.search(word):
            found.update(word[i : i + 2] for i in range(max(1, len(word) - 1)))
        elif word not in STOP_WORDS and (len(word) > 1 or word.isdigit()):
            found.add(_stem(word))
    return frozenset(found)


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
