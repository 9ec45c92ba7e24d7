"""Language guess: whether a text is English, by its script and its commonest words."""

import re

READ_CHARACTERS = 20_000
MIN_WORDS = 20  # below, nothing is said
LATIN_SHARE = 0.5  # of the letters
OTHERS_SHARE = 0.08  # of the words: of English prose, 3 % happen to be words of these

_WORD = re.compile(r"[^\W\d_]+")
_ENGLISH = frozenset(
    "the of and to is that it for with as be this are by not from or have you which an they can will has".split()  # noqa: SIM905
)
_OTHERS = frozenset(
    re.findall(
        r"\w+",
        """der die das und ist nicht mit ein eine den von zu auf für le la les des et est une que dans pour pas el los
        las que en por con una del il di che è per non sono een het van niet och att som det är på og ikke av jest nie
        się na não um uma os do da""",
    )
)


def is_foreign(text: str) -> bool:
    """Whether it is likely in another language than English; False where it is too short to tell, or no prose."""
    read = text[:READ_CHARACTERS]
    letters = [character for character in read if character.isalpha()]
    if len(letters) < MIN_WORDS:
        return False
    latin = sum(character < "\u0250" or "\u1e00" <= character < "\u1f00" for character in letters)
    if latin < LATIN_SHARE * len(letters):
        return True
    words = _WORD.findall(read.casefold())
    if len(words) < MIN_WORDS:
        return False
    english, others = (sum(word in known for word in words) / len(words) for known in (_ENGLISH, _OTHERS))
    return others > OTHERS_SHARE and others > 2 * english
