"""The port: something that finds the nearest vectors; and what one beside the tables owes besides.

SQL is the truth. An index beside it may lag behind, lose what it held, be changed by another process, or be exchanged
under our feet. It is believed only after a look, and its owner does this:

- `held`, then `take` before the first change, and `mark` when it holds all that the database holds at that revision:
  a change that was cut off leaves no revision behind, and of two processes that change it one is refused.
- When `generation` is not the one at which a collection was last looked at: `held` and `finds`. What is not as the
  database says is dropped, and added again from there.
- While `ready` is false, or this has not been done yet: exact search over the vectors in the database.

Collections, passages and documents are named by UUIDs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from genai_stack.errors import Busy


class Hit(NamedTuple):
    id: str
    score: float
    """The cosine: 1 is the same direction."""


@dataclass(frozen=True, slots=True)
class Held:
    revision: int | None
    """None while it is being changed, and after a change that was cut off."""
    count: int
    identity: str = field(default="", compare=False)
    """The store's own word for the collection as it was at this look."""
    garbage: int = field(default=0, compare=False)
    """Deleted vectors that the store carries along until the collection is made anew."""


class Probe(NamedTuple):
    """A vector of the database, and whose it is."""

    passage: str
    document: str
    vector: bytes


class VectorStore(Protocol):
    async def add(
        self, collection: str, ids: Sequence[str], vectors: Sequence[bytes], documents: Sequence[str]
    ) -> None:
        """Vectors as an Embedder gives them, each with its document's id; a known id is overwritten."""
        ...

    async def search(
        self,
        collection: str,
        vector: bytes,
        limit: int,
        document_ids: Sequence[str] | None = None,
        seen: Held | None = None,
    ) -> list[Hit]:
        """The best first; nothing where there is no such collection. Never waits for a start: raises Busy instead.

        With `seen`, nothing either where another process has begun to change it since that look.
        """
        ...

    async def drop(self, collection: str, document_ids: Sequence[str] | None = None) -> None:
        """These documents' vectors, or the whole collection."""
        ...


class VectorIndex(VectorStore, Protocol):
    @property
    def worth_from(self) -> int:
        """Vectors in a collection from which on it is worth having; smaller ones are searched exactly, over SQL."""
        ...

    @property
    def ready(self) -> bool:
        """Whether a search would be answered now."""
        ...

    @property
    def generation(self) -> int:
        """Another number whenever what was held may have been lost since."""
        ...

    @property
    def crash_safe(self) -> bool:
        """Whether what was added before a change was cut off can be relied on."""
        ...

    @property
    def degraded_reason(self) -> str | None:
        """A sentence that says why it is not ready, where it should be."""
        ...

    def start(self) -> None:
        """In the background; again does nothing."""
        ...

    async def may_hold(self, collection: str) -> bool:
        """False where there is surely no such collection; found out without starting anything."""
        ...

    async def take(self, collection: str, seen: Held | None) -> None:
        """To change it: makes it where it is missing. Raises Busy where it is not any more what was `seen`."""
        ...

    async def mark(self, collection: str, revision: int) -> None:
        """The end of a change."""
        ...

    async def held(self, collection: str) -> Held | None:
        """None where there is no such collection."""
        ...

    async def documents(self, collection: str) -> Mapping[str, int]:
        """How many vectors it has of each document."""
        ...

    async def close(self) -> None: ...


def taken() -> Busy:
    return Busy("Another process is synchronizing this collection.", code="INDEX_TAKEN")


async def finds(index: VectorIndex, collection: str, samples: Sequence[Probe]) -> bool:
    """Whether each of these finds itself: a count comes from a store's own list, not from what a search walks over."""
    for probe in samples:
        hits = await index.search(collection, probe.vector, 1, [probe.document])
        # A passage that is there twice has two ids at the same place.
        if not hits or (hits[0].id != probe.passage and hits[0].score < 0.9999):
            return False
    return True
