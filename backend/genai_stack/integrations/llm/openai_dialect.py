"""What a server of OpenAI's dialect does not take: found out by its refusal, left out or renamed, and remembered."""

import re
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, cast

from genai_stack.errors import ProviderRefused
from genai_stack.integrations.llm.chat_model import Message
from genai_stack.integrations.openai_address import below_v1

REMEMBERED_DIALECTS: Final = 1024  # servers and models
_RENAMED: Final = {"max_tokens": "max_completion_tokens", "max_completion_tokens": "max_tokens"}
_OPTIONAL: Final = ("stream_options", "reasoning_effort", "temperature", "max_completion_tokens", "max_tokens")
# A value that is too large is no parameter that is not taken: leaving it out would hide what a person has set.
_NOT_TAKEN: Final = re.compile(
    r"unsupported|not support|isn't supported|unrecogni[sz]ed|unknown|unexpected|extra|forbidden|not permitted|"
    r"not allowed|use\W+max_|deprecated|no longer|not available|"
    r"invalid (?:parameter|argument|field)|cannot be (?:set|used)"
)


@dataclass(frozen=True, slots=True)
class Dialect:
    """`path` goes between the base address and the endpoint; `renamed` maps a parameter to its name, or None."""

    path: str = ""
    renamed: tuple[tuple[str, str | None], ...] = ()
    system_role: str | None = "system"
    """None: instructions go into the first question."""

    def applied(self, body: Mapping[str, object]) -> dict[str, object]:
        names = dict(self.renamed)
        sent = {names.get(name, name): value for name, value in body.items() if names.get(name, name) is not None}
        if self.system_role != "system":
            sent["messages"] = self._messages(cast("tuple[Message, ...]", body["messages"]))
        return cast("dict[str, object]", sent)

    def without(self, refused: ProviderRefused, body: Mapping[str, object], base_url: str) -> "Dialect | None":
        """The next dialect to try after a refusal; None where the refusal names nothing that could be left out."""
        if refused.status in {404, 405}:
            return self.elsewhere(base_url)
        if refused.status not in {400, 422, 501}:
            return None
        words = refused.said.lower()
        sent = self.applied(body)
        for name in _OPTIONAL if _NOT_TAKEN.search(words) else ():
            if name in sent and _names(name, words):
                return self._rename(body, name)
        if self.system_role is not None and _refuses_role(words):
            wants_developer = "developer" in words and self.system_role == "system"
            return replace(self, system_role="developer" if wants_developer else None)
        return None

    def elsewhere(self, base_url: str) -> "Dialect | None":
        """The same below /v1, where the address that was given has no version."""
        return None if self.path or below_v1(base_url) is None else replace(self, path="/v1")

    def _rename(self, body: Mapping[str, object], name: str) -> "Dialect":
        """Under its other name, where it has one that was not tried; else without it."""
        names = dict(self.renamed)
        original = next(key for key in body if names.get(key, key) == name)
        names[original] = _RENAMED.get(name) if original == name else None
        return replace(self, renamed=tuple(names.items()))

    def _messages(self, messages: tuple[Message, ...]) -> tuple[Message | dict[str, str], ...]:
        system = "\n\n".join(message.content for message in messages if message.role == "system")
        others = [message for message in messages if message.role != "system"]
        if not system:
            return tuple(others)
        if self.system_role is not None:
            return ({"role": self.system_role, "content": system}, *others)
        first = Message(others[0].role, f"{system}\n\n{others[0].content}")
        return (first, *others[1:]) if first.role == "user" else (Message("user", system), *others)


class Dialects:
    """Dialects by server and model, kept while the process lives."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[str, str], Dialect] = OrderedDict()

    def of(self, base_url: str, model: str) -> Dialect:
        return self._known.get((base_url, model), Dialect())

    def remember(self, base_url: str, model: str, dialect: Dialect) -> None:
        if dialect == self.of(base_url, model):
            return
        self._known[base_url, model] = dialect
        while len(self._known) > REMEMBERED_DIALECTS:
            self._known.popitem(last=False)


def _names(name: str, words: str) -> bool:
    return re.search(rf"(?<![a-z_]){name}(?![a-z_])", words) is not None


def _refuses_role(words: str) -> bool:
    if re.search(r"\broles must alternate\b", words):
        return True
    about_role = re.search(r"\b(system|developer)\b", words) and re.search(r"\b(role|roles|message|instruction)", words)
    refused = re.search(
        r"not support|unsupported|invalid|not allowed|must|only|unknown|cannot|expected|should be", words
    )
    return bool(about_role and refused)
