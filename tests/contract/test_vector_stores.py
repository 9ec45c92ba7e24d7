"""What every vector store does: one suite for Chroma, as a child and as a server by URL, and for pgvector."""

import asyncio
import contextlib
import random
import struct
import sys
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from genai_stack.errors import Busy
from genai_stack.infra.database.database import Database
from genai_stack.integrations.vectors.chroma import ChromaIndex
from genai_stack.integrations.vectors.chroma_child import ChromaChild
from genai_stack.integrations.vectors.chroma_url import ChromaUrl
from genai_stack.integrations.vectors.pgvector import PgvectorIndex
from genai_stack.integrations.vectors.vector_store import Held, Probe, VectorIndex, finds
from tests.fakes.library import until
from tests.support.front_door import free_port

DIMENSIONS = 384
EVEN, ODD, OTHER, NO_SUCH = (str(UUID(int=number)) for number in (1, 2, 3, 4))  # documents


def vector(seed: int) -> bytes:
    dice = random.Random(seed)
    numbers = [dice.gauss(0, 1) for _ in range(DIMENSIONS)]
    length = sum(number * number for number in numbers) ** 0.5
    return struct.pack(f"<{DIMENSIONS}f", *(number / length for number in numbers))


def passage(number: int) -> str:
    return str(UUID(int=1000 + number))


@pytest.fixture(params=["child", "url", "pgvector"])
async def index(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[VectorIndex]:
    if request.param == "pgvector":
        database = Database(request.getfixturevalue("vector_postgres").database())
        made = PgvectorIndex(database)
        yield made
        await made.close()
        await database.close()
        return
    if request.param == "child":
        made = ChromaIndex(ChromaChild(tmp_path / "chroma"))
        await made.held("warm")
        yield made
        await made.close()
        return
    async with _chroma_server(tmp_path / "chroma") as url:
        made = ChromaIndex(ChromaUrl(url + "/"))
        yield made
        await made.close()


@asynccontextmanager
async def _chroma_server(folder: Path) -> AsyncGenerator[str]:
    """One that somebody else runs, as in a container of its own."""
    port = free_port()
    command = [Path(sys.executable).with_name("genai-stack-chroma"), "run", "--path", str(folder), "--port", str(port)]
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"

    async def answers() -> bool:
        with contextlib.suppress(Busy):
            return await ChromaIndex(ChromaUrl(url)).held("warm") is None
        return False

    try:
        await until(answers, 20)
        yield url
    finally:
        process.terminate()
        await process.wait()


@pytest.fixture
def name() -> str:
    return str(uuid4())


async def filled(index: VectorIndex, name: str, count: int) -> list[bytes]:
    """`count` vectors of passages, by turns of the documents EVEN and ODD; it is left taken."""
    vectors = [vector(n) for n in range(count)]
    await index.take(name, await index.held(name))
    await index.add(name, [passage(n) for n in range(count)], vectors, [(EVEN, ODD)[n % 2] for n in range(count)])
    return vectors


async def test_the_nearest_come_first_with_their_cosine(index: VectorIndex, name: str) -> None:
    vectors = await filled(index, name, 250)
    hits = await index.search(name, vectors[7], 5)
    assert [hits[0].id, len(hits)] == [passage(7), 5]
    assert hits[0].score == pytest.approx(1, abs=1e-4)
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    second = vectors[UUID(hits[1].id).int - 1000]
    ours, theirs = (struct.unpack(f"<{DIMENSIONS}f", one) for one in (vectors[7], second))
    assert hits[1].score == pytest.approx(sum(a * b for a, b in zip(ours, theirs, strict=True)), abs=1e-4)


async def test_a_search_may_be_narrowed_to_documents(index: VectorIndex, name: str) -> None:
    vectors = await filled(index, name, 20)
    assert (await index.search(name, vectors[7], 1, [EVEN]))[0].id != passage(7)
    assert (await index.search(name, vectors[7], 1, [ODD, NO_SUCH]))[0].id == passage(7)
    assert await index.search(name, vectors[7], 1, [NO_SUCH]) == []


async def test_more_than_there_are_gives_all_there_are(index: VectorIndex, name: str) -> None:
    vectors = await filled(index, name, 3)
    assert len(await index.search(name, vectors[0], 50)) == 3


async def test_a_collection_that_was_never_made_is_empty(index: VectorIndex, name: str) -> None:
    assert await index.held(name) is None
    assert await index.search(name, vector(1), 4) == []
    assert await index.documents(name) == {}
    await index.drop(name)


async def test_adding_again_overwrites(index: VectorIndex, name: str) -> None:
    await filled(index, name, 4)
    await index.add(name, [passage(0)], [vector(99)], [OTHER])
    assert [hit.id for hit in await index.search(name, vector(99), 1, [OTHER])] == [passage(0)]
    held = await index.held(name)
    assert held
    assert held.count == 4


async def test_documents_and_collections_can_be_dropped(index: VectorIndex, name: str) -> None:
    vectors = await filled(index, name, 10)
    assert await index.documents(name) == {EVEN: 5, ODD: 5}
    await index.drop(name, [ODD, NO_SUCH])
    assert await index.documents(name) == {EVEN: 5}
    assert {hit.id for hit in await index.search(name, vectors[1], 10)} == {passage(n) for n in (0, 2, 4, 6, 8)}
    await index.drop(name)
    assert await index.search(name, vectors[0], 10) == []
    await filled(index, name, 2)
    assert len(await index.search(name, vectors[0], 10)) == 2


async def test_dropping_one_collection_leaves_the_others(index: VectorIndex, name: str) -> None:
    other = str(uuid4())
    await filled(index, name, 4)
    vectors = await filled(index, other, 4)
    await index.drop(name)
    assert [hit.id for hit in await index.search(other, vectors[2], 1)] == [passage(2)]


async def test_a_revision_is_held_until_the_next_change(index: VectorIndex, name: str) -> None:
    await filled(index, name, 4)
    assert await index.held(name) == Held(None, 4)
    await index.mark(name, 7)
    assert await index.held(name) == Held(7, 4)
    await index.take(name, await index.held(name))
    assert await index.held(name) == Held(None, 4)


async def test_what_was_made_anew_since_a_look_is_neither_taken_nor_searched(index: VectorIndex, name: str) -> None:
    vectors = await filled(index, name, 4)
    await index.mark(name, 7)
    seen = await index.held(name)
    assert len(await index.search(name, vectors[0], 4, seen=seen)) == 4
    await index.drop(name)
    assert await index.search(name, vectors[0], 4, seen=seen) == []
    await filled(index, name, 2)
    await index.mark(name, 7)
    assert await index.search(name, vectors[0], 4, seen=seen) == []
    for old in (seen, None):
        with pytest.raises(Busy):
            await index.take(name, old)
    assert await index.held(name) == Held(7, 2)


async def test_what_is_there_finds_itself_and_what_is_not_does_not(index: VectorIndex, name: str) -> None:
    vectors = await filled(index, name, 4)
    samples = [Probe(passage(1), ODD, vectors[1]), Probe(passage(2), EVEN, vectors[2])]
    assert await finds(index, name, samples)
    assert not await finds(index, name, [Probe(passage(1), ODD, vector(50))])
    assert not await finds(index, name, [Probe(passage(1), EVEN, vectors[1])])
    assert not await finds(index, str(uuid4()), samples)
    await index.drop(name, [ODD])
    assert not await finds(index, name, samples)
