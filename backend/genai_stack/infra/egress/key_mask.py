"""Mask for a key in a text that comes in pieces: a server that was sent a key may send it back."""

from typing import Final

from genai_stack.infra.egress.api_key import ApiKey

MASK: Final = "[key]"
SHORTEST_KEY_CHARS: Final = 16
"""Shorter ones, such as `ollama`, are words that an answer may hold and no secrets."""


class KeyMask:
    """`feed` gives what of the text so far can be told: its last characters wait while they may begin the key."""

    __slots__ = ("_held", "_key")

    def __init__(self, key: ApiKey) -> None:
        self._key = key.secret
        self._held = ""

    @staticmethod
    def is_needed(key: ApiKey | None) -> bool:
        return key is not None and len(key.secret) >= SHORTEST_KEY_CHARS

    def feed(self, piece: str) -> str:
        text = (self._held + piece).replace(self._key, MASK)
        held = self._beginning(text)
        self._held = text[held:]
        return text[:held]

    def end(self) -> str:
        """What still waited."""
        held, self._held = self._held, ""
        return held

    def _beginning(self, text: str) -> int:
        """Where the text's end begins the key; its length where it does not."""
        at = text.find(self._key[0], max(0, len(text) - len(self._key) + 1))
        while at >= 0 and not self._key.startswith(text[at:]):
            at = text.find(self._key[0], at + 1)
        return at if at >= 0 else len(text)
