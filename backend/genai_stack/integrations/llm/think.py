"""Takes `<think>…</think>` at the start of an answer apart from the answer itself."""

_OPEN, _CLOSE = "<think>", "</think>"


class ThinkSplitter:
    """`split` gives (text, reasoning) of a piece; what might still become a tag is held back until `rest`.

    Tags count only before the answer's first word, so an answer about `<think>` stays whole.
    """

    def __init__(self) -> None:
        self._held = ""
        self._thinking = False
        self._thought = False
        self.answering = False

    def split(self, piece: str) -> tuple[str, str]:
        if self.answering:
            return piece, ""
        pending = self._held + piece
        self._held = ""
        reasoning: list[str] = []
        while pending:
            if self._thinking:
                thought, found, after = pending.partition(_CLOSE)
                if not found:
                    keep = _tag_begun(pending)
                    self._held = pending[len(pending) - keep :]
                    reasoning.append(pending[: len(pending) - keep])
                    break
                reasoning.append(thought)
                self._thinking, pending = False, after
                continue
            start = pending.lstrip()
            if start.startswith(_OPEN):
                self._thinking, self._thought, pending = True, True, start[len(_OPEN) :]
            elif _OPEN.startswith(start):
                self._held = pending
                break
            else:
                self.answering = True
                return start if self._thought else pending, "".join(reasoning)
        return "", "".join(reasoning)

    def rest(self) -> tuple[str, str]:
        """What was held back, at the end of the stream."""
        held, self._held = self._held, ""
        if self._thinking:
            return "", held
        return held.lstrip() if self._thought else held, ""


def _tag_begun(text: str) -> int:
    """How many characters at the end of `text` may begin the closing tag."""
    return next((n for n in range(min(len(text), len(_CLOSE) - 1), 0, -1) if text.endswith(_CLOSE[:n])), 0)
