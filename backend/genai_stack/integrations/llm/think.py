"""Takes `<think>…</think>`, and other models' tags, at the start of an answer apart from the answer itself."""

import re
from typing import Final, NamedTuple

_OPEN, _CLOSE = "<think>", "</think>"
_TAGS: Final = {
    _OPEN: _CLOSE,
    "<thinking>": "</thinking>",
    "<thought>": "</thought>",
    "<reasoning>": "</reasoning>",
    "[THINK]": "[/THINK]",
    "◁think▷": "◁/think▷",
}
_HELD_CHARS: Final = 256  # of white space before what may become a tag
_LONE_CLOSE = re.compile(r"\n[ \t]*</think>[ \t]*\n")
_LONE_CLOSE_BEGUN = re.compile(r"\n[ \t]*(?:<(?:/(?:t(?:h(?:i(?:n(?:k(?:>[ \t]*)?)?)?)?)?)?)?)?\Z")


class Split(NamedTuple):
    """`retracts`: all text before this piece was reasoning, too."""

    text: str
    reasoning: str
    retracts: bool = False


class ThinkSplitter:
    """`split` gives what a piece holds; what might still become a tag is held back until `rest`.

    Tags count only before the answer's first word, so an answer about `<think>` stays whole. The one exception is a
    closing tag on a line of its own where none was opened: some servers' templates open it for the model, unseen.
    """

    def __init__(self) -> None:
        self._held = ""
        self._thinking = False
        self._close = _CLOSE
        self._strip = False  # white space after reasoning is no part of the answer
        self._answering = False
        self._tail = ""
        self._watching = True  # for the closing tag of reasoning whose opening tag nobody sent

    def split(self, piece: str) -> Split:
        if self._answering:
            return self._answer(piece)
        pending = self._held + piece
        self._held = ""
        reasoning: list[str] = []
        while pending:
            if self._thinking:
                thought, found, after = pending.partition(self._close)
                if not found:
                    keep = _tag_begun(pending, self._close)
                    self._held = pending[len(pending) - keep :]
                    reasoning.append(pending[: len(pending) - keep])
                    break
                reasoning.append(thought)
                self._thinking, pending = False, after
                continue
            start = pending.lstrip()
            if opened := next((tag for tag in _TAGS if start.startswith(tag)), None):
                self._watching, self._thinking, self._strip = False, True, True
                self._close, pending = _TAGS[opened], start[len(opened) :]
            elif len(pending) <= _HELD_CHARS and any(tag.startswith(start) for tag in _TAGS):
                self._held = pending
                break
            else:
                self._answering = True
                text, more, retracts = self._answer(pending)
                return Split(text, "".join(reasoning) + more, retracts)
        return Split("", "".join(reasoning))

    def rest(self) -> Split:
        """What was held back, at the end of the stream."""
        if self._thinking:
            return Split("", self._held)
        if not self._answering:
            return Split("" if self._strip else self._held, "")
        held, self._held = self._held, ""
        return Split("", "", retracts=True) if held.strip() == _CLOSE else Split(held, "")

    def _answer(self, piece: str) -> Split:
        if self._strip:
            piece = piece.lstrip()
            self._strip = not piece
        if not self._watching:
            return Split(piece, "")
        pending = self._held + piece
        self._held = ""
        found = _LONE_CLOSE.search(pending)
        if _OPEN in self._tail + (pending[: found.start()] if found else pending):
            self._watching = False  # an answer that speaks of tags
            return Split(pending, "")
        if found:
            self._watching, self._strip = False, True
            text = self._answer(pending[found.end() :]).text
            return Split(text, pending[: found.start()] + "\n", retracts=True)
        begun = _LONE_CLOSE_BEGUN.search(pending)
        if begun and len(pending) - begun.start() <= _HELD_CHARS:
            self._held, pending = pending[begun.start() :], pending[: begun.start()]
        self._tail = (self._tail + pending)[-len(_OPEN) :]
        return Split(pending, "")


def _tag_begun(text: str, tag: str) -> int:
    """How many characters at the end of `text` may begin the tag."""
    return next((n for n in range(min(len(text), len(tag) - 1), 0, -1) if text.endswith(tag[:n])), 0)
