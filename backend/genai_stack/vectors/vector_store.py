"""The port: something that finds the nearest vectors; and what one beside the database owes besides.

SQL is the truth. An index beside it may lag behind, lose what it held, or be exchanged under our feet. It is believed
only after a look, and its owner does this:

- `mark(collection, None)` before the first change, `mark(collection, revision)` when it holds all that the database
  holds at that revision: a change that was cut off leaves no revision behind.
- When `generation` is not the one at which a collection was last looked at: `holds`; where that says no, `drop`, `add`
  everything from the database, `mark`.
- While `ready` is false, or this has not been done yet: exact search over the vectors in the database.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol


class Hit(NamedTuple):
    id: str
    score: float
    """The cosine: 1 is the same direction."""


@dataclass(frozen=True, slots=True)
class Held:
    revision: int | None
    """None while it is being changed, and after a change that was cut off."""
    count: int


class VectorStore(Protocol):
    async def add(
        self, collection: str, ids: Sequence[str], vectors: Sequence[bytes], documents: Sequence[str]
    ) -> None:
        """Vectors as an Embedder gives them, each with its document's id; a known id is overwritten."""
        ...

    async def search(
        self, collection: str, vector: bytes, limit: int, document_ids: Sequence[str] | None = None
    ) -> list[Hit]:
        """The best first; nothing where there is no such collection. Never waits for a start: raises Busy instead."""
        ...

    async def drop(self, collection: str, document_ids: Sequence[str] | None = None) -> None:
        """These documents' vectors, or the whole collection."""
        ...


class VectorIndex(VectorStore, Protocol):
    @property
    def ready(self) -> bool:
        """Whether a search would be answered now."""
        ...

    @property
    def generation(self) -> int:
        """Another number whenever what was held may have been lost since."""
        ...

    @property
    def trouble(self) -> str | None:
        """A sentence that says why it is not ready, where it should be."""
        ...

    def start(self) -> None:
        """In the background; again does nothing."""
        ...

    async def mark(self, collection: str, revision: int | None) -> None: ...

    async def held(self, collection: str) -> Held | None:
        """None where there is no such collection."""
        ...

    async def close(self) -> None: ...


async def holds(index: VectorIndex, collection: str, *, revision: int, count: int, probes: Mapping[str, bytes]) -> bool:
    """Whether the collection holds what the database holds at this revision.

    The count comes from the index's own list and not from what a search walks over, so a few of the database's
    vectors are searched for: each must find itself.
    """
    if await index.held(collection) != Held(revision, count):
        return False
    for passage, vector in probes.items():
        hits = await index.search(collection, vector, 1)
        # A passage that is there twice has two ids at the same place.
        if not hits or (hits[0].id != passage and hits[0].score < 0.9999):
            return False
    return True
