"""What every vector store does: one suite. So far Chroma is the only one: as a child, and as a server by URL."""

import random
import struct
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pytest

from genai_stack.vectors.chroma import ChromaIndex, ChromaUrl
from genai_stack.vectors.chroma_child import ChromaChild
from genai_stack.vectors.vector_store import Held, VectorIndex, holds

DIMENSIONS = 384


def vector(seed: int) -> bytes:
    dice = random.Random(seed)
    numbers = [dice.gauss(0, 1) for _ in range(DIMENSIONS)]
    length = sum(number * number for number in numbers) ** 0.5
    return struct.pack(f"<{DIMENSIONS}f", *(number / length for number in numbers))


@pytest.fixture(params=["child", "url"])
async def index(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[VectorIndex]:
    child = ChromaChild(tmp_path / "chroma")
    url = await child.started()
    made = ChromaIndex(child if request.param == "child" else ChromaUrl(url + "/"))
    yield made
    await made.close()
    await child.close()


@pytest.fixture
def name() -> str:
    return str(uuid4())


async def filled(index: VectorIndex, name: str, count: int) -> list[bytes]:
    """`count` vectors p0, p1, …, by turns of the documents d0 and d1."""
    vectors = [vector(n) for n in range(count)]
    await index.add(name, [f"p{n}" for n in range(count)], vectors, [f"d{n % 2}" for n in range(count)])
    return vectors


async def test_the_nearest_come_first_with_their_cosine(index: VectorIndex, name: str) -> None:
    vectors = await filled(index, name, 250)
    hits = await index.search(name, vectors[7], 5)
    assert [hits[0].id, len(hits)] == ["p7", 5]
    assert hits[0].score == pytest.approx(1, abs=1e-4)
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    second = vectors[int(hits[1].id[1:])]
    ours, theirs = (struct.unpack(f"<{DIMENSIONS}f", one) for one in (vectors[7], second))
    assert hits[1].score == pytest.approx(sum(a * b for a, b in zip(ours, theirs, strict=True)), abs=1e-4)


async def test_a_search_may_be_narrowed_to_documents(index: VectorIndex, name: str) -> None:
    vectors = await filled(index, name, 20)
    assert (await index.search(name, vectors[7], 1, ["d0"]))[0].id != "p7"
    assert (await index.search(name, vectors[7], 1, ["d1", "no such"]))[0].id == "p7"
    assert await index.search(name, vectors[7], 1, ["no such"]) == []


async def test_more_than_there_are_gives_all_there_are(index: VectorIndex, name: str) -> None:
    vectors = await filled(index, name, 3)
    assert len(await index.search(name, vectors[0], 50)) == 3


async def test_a_collection_that_was_never_made_is_empty(index: VectorIndex, name: str) -> None:
    assert await index.search(name, vector(1), 4) == []
    assert await index.held(name) is None
    await index.drop(name)
    await index.drop(name, ["d0"])


async def test_adding_again_overwrites(index: VectorIndex, name: str) -> None:
    await filled(index, name, 4)
    await index.add(name, ["p0"], [vector(99)], ["d9"])
    assert [hit.id for hit in await index.search(name, vector(99), 1, ["d9"])] == ["p0"]
    held = await index.held(name)
    assert held
    assert held.count == 4


async def test_documents_and_collections_can_be_dropped(index: VectorIndex, name: str) -> None:
    vectors = await filled(index, name, 10)
    await index.drop(name, ["d1"])
    assert {hit.id for hit in await index.search(name, vectors[1], 10)} == {"p0", "p2", "p4", "p6", "p8"}
    await index.drop(name)
    assert await index.search(name, vectors[0], 10) == []
    await filled(index, name, 2)
    assert len(await index.search(name, vectors[0], 10)) == 2


async def test_dropping_one_collection_leaves_the_others(index: VectorIndex, name: str) -> None:
    other = str(uuid4())
    await filled(index, name, 4)
    vectors = await filled(index, other, 4)
    await index.drop(name)
    assert [hit.id for hit in await index.search(other, vectors[2], 1)] == ["p2"]


async def test_a_revision_is_held_until_the_next_change(index: VectorIndex, name: str) -> None:
    await index.mark(name, None)
    await filled(index, name, 4)
    assert await index.held(name) == Held(None, 4)
    await index.mark(name, 7)
    assert await index.held(name) == Held(7, 4)
    await index.mark(name, None)
    assert await index.held(name) == Held(None, 4)


async def test_what_is_held_is_told_from_what_is_not(index: VectorIndex, name: str) -> None:
    vectors = await filled(index, name, 4)
    await index.mark(name, 7)
    probes = {"p1": vectors[1], "p3": vectors[3]}
    assert await holds(index, name, revision=7, count=4, probes=probes)
    assert not await holds(index, name, revision=8, count=4, probes=probes)
    assert not await holds(index, name, revision=7, count=5, probes=probes)
    assert not await holds(index, name, revision=7, count=4, probes={"p1": vector(50)})
    assert not await holds(index, str(uuid4()), revision=7, count=4, probes=probes)
