"""The one registry: every node type, found in a package's modules."""

import hashlib
import importlib
import pkgutil
from collections.abc import Iterable, Iterator
from functools import cached_property
from types import ModuleType

import msgspec

from genai_stack.engine.forms import undrawable
from genai_stack.engine.node import AnyNodeType, NodeType


class Catalog:
    """Node types by their `type`."""

    def __init__(self, node_types: Iterable[type[AnyNodeType]]) -> None:
        self._types: dict[str, AnyNodeType] = {}
        for node_type in node_types:
            if node_type.type in self._types:
                raise ValueError(f"Two node types call themselves {node_type.type!r}.")
            if faults := undrawable(node_type.Config):
                raise ValueError(f"The canvas cannot draw the form of {node_type.type!r}: {'; '.join(faults)}")
            self._types[node_type.type] = node_type()

    @classmethod
    def of(cls, package: ModuleType) -> "Catalog":
        return cls(_found_in(package))

    @cached_property
    def fingerprint(self) -> str:
        """Tells catalogs apart under which a graph may have other problems."""
        return hashlib.sha256(msgspec.json.encode([one.describe() for one in self], order="sorted")).hexdigest()[:32]

    def get(self, name: str) -> AnyNodeType | None:
        return self._types.get(name)

    def __getitem__(self, name: str) -> AnyNodeType:
        return self._types[name]

    def __iter__(self) -> Iterator[AnyNodeType]:
        return iter(self._types.values())


def _found_in(package: ModuleType) -> Iterator[type[AnyNodeType]]:
    for entry in sorted(pkgutil.walk_packages(package.__path__, f"{package.__name__}."), key=lambda entry: entry.name):
        yield from node_types_in(importlib.import_module(entry.name))


def node_types_in(module: ModuleType) -> Iterator[type[AnyNodeType]]:
    """The node types that a module declares itself."""
    for thing in vars(module).values():
        if isinstance(thing, type) and issubclass(thing, NodeType) and thing.__module__ == module.__name__:
            yield thing
