"""Search over SQL: bounds, filters, scopes, and a bound on memory."""

import asyncio

import pytest

from genai_stack.errors import Conflict, Invalid, NotFound
from genai_stack.features.knowledge import documents
from genai_stack.features.knowledge.retrieval.nearest import ExactSearch
from genai_stack.infra.database.database import Database
from genai_stack.infra.database.scope import THE_WORKSPACE
from tests.fakes.embedder import WordEmbedder, vector
from tests.fakes.library import base, library_of, ready, upload

OTTERS = b"# Otters\n\nOtters sleep holding hands."
BADGERS = b"# Badgers\n\nBadgers dig setts with many rooms."


async def test_an_empty_base_is_no_error_and_asks_no_embedder(home: Database) -> None:
    embedder = WordEmbedder()
    embedder.fails_with = AssertionError("nobody should ask")
    async with library_of(home, embedder) as library:
        assert await library.search.search(THE_WORKSPACE, await base(library), "otters") == []
        with pytest.raises(NotFound):
            await library.search.search(THE_WORKSPACE, "00000000-0000-4000-8000-0000000000bb", "otters")


async def test_bounds_and_filters(home: Database) -> None:
    async with library_of(home) as library:
        base_id, other_id = await base(library), await base(library)
        otters, badgers = await ready(library, base_id, {"otters.md": OTTERS, "badgers.md": BADGERS})
        [foreign] = await ready(library, other_id, {"otters.md": OTTERS})

        async def names(**wanted: object) -> list[str]:
            found = await library.search.search(THE_WORKSPACE, base_id, "otters sleep", **wanted)  # type: ignore[arg-type]
            return [passage.filename for passage in found]

        assert await names() == ["otters.md", "badgers.md"]
        assert await names(top_k=1) == ["otters.md"]
        assert await names(min_score=0.5) == ["otters.md"]
        assert await names(document_ids=[badgers.id]) == ["badgers.md"]
        assert await names(document_ids=[]) == []
        assert await names(filter={"title": "Badgers"}) == ["badgers.md"]
        assert await names(filter={"title": "Badgers"}, document_ids=[otters.id]) == []
        assert await names(filter={"title": "badgers"}) == []
        assert await names(filter={"nothing": 1}) == []
        assert await names(filter={"title": True}) == []
        with pytest.raises(NotFound):
            await names(document_ids=[foreign.id])
        for top_k in (0, 51):
            with pytest.raises(Invalid):
                await names(top_k=top_k)


async def test_what_is_being_taken_in_is_not_found(home: Database) -> None:
    async with library_of(home, WordEmbedder(pause=0.3)) as library:
        base_id = await base(library)
        [document] = await upload(library, base_id, {"otters.md": OTTERS})
        assert await library.search.search(THE_WORKSPACE, base_id, "otters") == []
        assert await library.search.search(THE_WORKSPACE, base_id, "otters", document_ids=[document.id]) == []


async def test_a_question_for_another_embedder_is_refused(home: Database) -> None:
    async with library_of(home) as library:
        base_id = await base(library)
        await ready(library, base_id, {"otters.md": OTTERS})
    async with library_of(home, WordEmbedder("other")) as library:
        with pytest.raises(Conflict, match="cannot be compared"):
            await library.search.search(THE_WORKSPACE, base_id, "otters")


async def test_what_does_not_fit_into_memory_is_read_anew(home: Database) -> None:
    async with library_of(home) as library:
        base_id = await base(library, chunk_size=20, chunk_overlap=0)
        text = " ".join(f"word{number}" for number in range(2000)).encode()
        taken = await ready(library, base_id, {f"{n}.txt": text for n in range(3)})
        counts = {document.id: document.chunks or 0 for document in taken}
        fingerprint = await WordEmbedder().fingerprint()
        question = vector("word7 word8"), 5, counts
        ample, tight = ExactSearch(home), ExactSearch(home, memory=1000)
        expected = await ample.search(THE_WORKSPACE, fingerprint, 256, *question)
        assert len(expected) == 5
        again = await asyncio.gather(
            *(nearest.search(THE_WORKSPACE, fingerprint, 256, *question) for nearest in [ample, tight] * 4)
        )
        assert [hits == expected for hits in again] == [True] * 8


async def test_pages_come_back_as_they_were(home: Database) -> None:
    from genai_stack.features.knowledge import document_pages as pages

    async with library_of(home) as library:
        [document] = await ready(library, await base(library), {"otters.md": OTTERS})
        async with home.read() as session:
            assert (await pages.text_of(session, THE_WORKSPACE, document.id, 1)).encode() == OTTERS
            with pytest.raises(NotFound):
                await pages.text_of(session, THE_WORKSPACE, document.id, 2)
            found, total = await documents.listed(session, THE_WORKSPACE, document.knowledge_base_id, 0, 10)
        assert ([row.id for row in found], total) == ([document.id], 1)
