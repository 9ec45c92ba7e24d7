"""Port types, and which may meet; the values that flow along edges."""

import types
from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass, fields
from typing import Annotated, Any, Union, cast, get_args, get_origin, get_type_hints

import msgspec


class Passage(msgspec.Struct, frozen=True):
    """A piece of a document, as found. `page` counts from 1, null where there are no pages; `score` is a cosine.

    `match` is the sentence of `text` that matches the question best, letter by letter.
    """

    document_id: str
    filename: str
    page: int | None
    score: float
    text: str
    match: str | None = None


@dataclass(frozen=True)
class PortType:
    """What a port carries. `name` is what a program compares, `title` what a person reads."""

    name: str
    title: str
    description: str


TEXT = PortType("text", "Text", "A piece of text, as a person or a model wrote it.")
DOCUMENTS = PortType("documents", "Documents", "Passages of documents, best first.")
PORT_TYPES: Mapping[str, PortType] = {kind.name: kind for kind in (TEXT, DOCUMENTS)}


class _Streamed:
    """Marks an output whose text is told while it comes."""


Text = Annotated[str, TEXT]
StreamedText = Annotated[str, TEXT, _Streamed()]
Documents = Annotated[tuple[Passage, ...], DOCUMENTS]


@dataclass(frozen=True)
class Port:
    """One end that an edge may have. Its identity is its `name`; `types` are the names of what it gives or takes."""

    name: str
    title: str
    types: tuple[str, ...]
    required: bool = True
    several: bool = False
    streamed: bool = False

    def accepts(self, source: "Port") -> bool:
        return any(kind in self.types for kind in source.types)

    def describe(self) -> dict[str, object]:
        return {
            "name": self.name,
            "title": self.title,
            "types": list(self.types),
            "required": self.required,
            "multiple": self.several,
            "streamed": self.streamed,
        }


def ports_of(declaration: type) -> tuple[Port, ...]:
    """The ports that a dataclass declares; a field that is not annotated with a port type is none."""
    hints = get_type_hints(declaration, include_extras=True)
    declared = (_port(field, hints[field.name]) for field in fields(declaration))
    return tuple(port for port in declared if port is not None)


def _port(field: Field[Any], hint: Any) -> Port | None:
    several = get_origin(hint) is tuple and get_args(hint)[1:] == (Ellipsis,)
    inner = get_args(hint)[0] if several else hint
    choices = get_args(inner) if get_origin(inner) in (Union, types.UnionType) else (inner,)
    marks = [mark for choice in choices for mark in cast("tuple[object, ...]", getattr(choice, "__metadata__", ()))]
    kinds = tuple(mark.name for mark in marks if isinstance(mark, PortType))
    if not kinds:
        return None
    return Port(
        name=field.name,
        title=field.name.replace("_", " ").capitalize(),
        types=kinds,
        required=field.default is MISSING and field.default_factory is MISSING,
        several=several,
        streamed=any(isinstance(mark, _Streamed) for mark in marks),
    )
