"""Takes secrets out of what is logged: by the name of the field, by the shape of the text, and those that are known."""

import re
from collections.abc import Collection, Mapping
from typing import Any, Final, cast

HIDDEN: Final = "[redacted]"
DEEPEST: Final = 16  # levels of a value that are looked into; what lies deeper is left out
SHORTEST: Final = 6  # characters of a known secret: a shorter one would be found inside words

_KEY = r"(?:api|secret|private|access|signing)[_\-. ]?key"
_WORD = rf"(?:authorization|token|secret|password|passwd|cookie|credential|{_KEY})"
_SAID = rf"(?:authorization|token|secrets?|passwords?|passwd|{_KEY}s?)"
_ENDS_AS_SECRET = re.compile(rf"(?i)(?:^|[_\-. ]){_WORD}s?$")
_HAS_SECRET = re.compile(rf"(?i)(?:^|[_\-. ]){_WORD}(?:$|[_\-. ])")
_COUNT = re.compile(r"(?i)(?:^|[_\-. ])tokens$")
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")

_START = r"(?<![A-Za-z0-9_\-])"
_SHAPES: tuple[tuple[re.Pattern[str], str], ...] = (
    # user:password@ of an address; the password may hold any sign but blanks, slashes and quotes
    (re.compile(r"(://[^\s/:@'\"]*):[^\s/'\"]+@"), rf"\1:{HIDDEN}@"),
    (re.compile(r"(?i)\b(bearer) +(?!tokens?\b)[^\s'\",;]+"), rf"\1 {HIDDEN}"),
    (re.compile(r"\b([Bb]asic|BASIC) +(?=\S*[0-9A-Z=])[A-Za-z0-9+/_\-]{8,}={0,2}"), rf"\1 {HIDDEN}"),
    (re.compile(r"(?i)\b(bearer)\.[^\s'\",;)\]}]+"), rf"\1.{HIDDEN}"),
    # keys as providers write them
    (re.compile(rf"{_START}(?:sk|gsk|rk|pk|xai|hf|gh[opsur]|nvapi|pplx)[\-_][A-Za-z0-9_\-]{{8,}}"), HIDDEN),
    (re.compile(rf"{_START}AIza[A-Za-z0-9_\-]{{20,}}"), HIDDEN),
    # Fernet: its keys, and what they encrypted
    (re.compile(rf"{_START}[A-Za-z0-9_\-]{{43}}=(?!=)"), HIDDEN),
    (re.compile(rf"{_START}gAAAA[A-Za-z0-9_\-]{{20,}}={{0,2}}"), HIDDEN),
    (re.compile(r"(?i)(cookie['\"]?\s*[=:]\s*['\"]?)(?!\[redacted\])[^\s'\"][^\n'\"]*"), rf"\1{HIDDEN}"),
    # name=value and "name": "value" inside a text
    (
        re.compile(
            rf"(?i)((?<![A-Za-z])['\"]?{_SAID}['\"]?\s*[=:]\s*)(?:b?'[^']*'|\"[^\"]*\"|"
            r"(?:(?:bearer|basic)\s+)?(?!\[redacted\])[^\s'\",;&)}\]]+)"
        ),
        rf"\1{HIDDEN}",
    ),
)


class Redactor:
    """`known` are secrets of this process itself: they are found wherever they stand."""

    def __init__(self, known: Collection[str] = ()) -> None:
        self._known = sorted({secret for secret in known if len(secret) >= SHORTEST}, key=len, reverse=True)

    def text(self, said: str) -> str:
        for secret in self._known:
            if secret in said:
                said = said.replace(secret, HIDDEN)
        for shape, instead in _SHAPES:
            said = shape.sub(instead, said)
        return said

    def value(self, value: Any, depth: int = 0) -> Any:
        """The value without its secrets: as it was where it held none."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping | list | tuple | set | frozenset):
            if depth >= DEEPEST:
                return "[too deep]"
            if isinstance(value, Mapping):
                return self.fields(cast("Mapping[Any, Any]", value), depth)
            return [self.value(part, depth + 1) for part in cast("Collection[Any]", value)]
        return value if value is None or isinstance(value, bool | int | float) else self._other(value)

    def fields(self, fields: Mapping[Any, Any], depth: int = 0) -> dict[Any, Any]:
        return {
            self.value(name): HIDDEN if is_secret(str(name), value) else self.value(value, depth + 1)
            for name, value in fields.items()
        }

    def _other(self, value: object) -> object:
        """What a renderer would show by its `repr`: the thing itself where that is clean."""
        shown = repr(value)
        clean = self.text(shown)
        return value if clean == shown else clean


def is_secret(name: str, value: object) -> bool:
    """Whether a field of this name is one to hide. Numbers are hidden only where the whole name says so."""
    if value is None or value == "":
        return False
    words = _HUMP.sub("_", name)
    if _COUNT.search(words):
        return False
    if _ENDS_AS_SECRET.search(words):
        return True
    return not isinstance(value, bool | int | float) and bool(_HAS_SECRET.search(words))
