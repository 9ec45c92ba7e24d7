"""Spans: what happened within what, for how long, and how it ended. Off, and free of cost, until they are asked for."""

from collections.abc import Callable, Mapping
from typing import Protocol

Value = str | int | float | bool


class Span(Protocol):
    """Something that goes on. Prompts and answers are never put into one."""

    def child(self, name: str, attributes: Mapping[str, Value], *, calls_out: bool = False) -> "Span":
        """What goes on within it. `calls_out`: another server does the work."""
        ...

    def note(self, attributes: Mapping[str, Value]) -> None: ...

    def event(self, name: str) -> None: ...

    def fail(self, kind: str, message: str) -> None:
        """It went wrong: `kind` is a stable code."""
        ...

    def end(self) -> None: ...


class Spans(Protocol):
    """Where spans go."""

    def begin(self, name: str, trace_id: str, attributes: Mapping[str, Value]) -> Span:
        """A span that is within no other. `trace_id` is a UUID: what shares it is shown as one."""
        ...

    async def close(self) -> None: ...


SpanOf = Callable[[str], Span | None]
"""The span of a node by its id."""
