"""Words of a text for lexical search, the same on both databases: lower case, without accents, in order."""

import re
import unicodedata

LONGEST_WORD = 100  # characters; of a longer one the rest is left out
FEWEST_CHARACTERS = 3  # of an identifier

UNSPACED = "\u0e00-\u0e7f\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f"
"""Scripts that put no spaces between words: each of their characters is a word."""
_WORD = re.compile(rf"[{UNSPACED}]|[^\W_{UNSPACED}]+")
_UNSPACED = re.compile(f"[{UNSPACED}]")
_ACCENT = re.compile("[\u0300-\u036f]")

STOP_WORDS = frozenset(
    re.findall(
        r"\w+",
        """a about am an and any are as at be been but by can could did do does for from had has have how i if in into
        is it its many me my no not of on or our shall should so some tell that the their them then there these they
        this those to us was we were what when where which who whom whose why will with would you your""",
    )
)


def words(text: str) -> list[str]:
    plain = unicodedata.normalize("NFKC", _ACCENT.sub("", unicodedata.normalize("NFKD", text.casefold())))
    return [word[:LONGEST_WORD] for word in _WORD.findall(plain)]


def phrases(question: str) -> list[tuple[str, ...]]:
    """What is looked for: words that stand together, like `KX-4282-B`, as one phrase; without stop words."""
    found: dict[tuple[str, ...], None] = {}
    for chunk in question.split():
        phrase = tuple(words(chunk))
        if len(phrase) > 1 and _UNSPACED.search(chunk):
            found.update((phrase[at : at + 2], None) for at in range(len(phrase) - 1))
        elif phrase and not (len(phrase) == 1 and phrase[0] in STOP_WORDS):
            found[phrase] = None
    return list(found)


def is_identifier(phrase: tuple[str, ...]) -> bool:
    """A part number, a year, a version: has a digit, and is no mere 7."""
    joined = "".join(phrase)
    return len(joined) >= FEWEST_CHARACTERS and any(character.isdigit() for character in joined)
