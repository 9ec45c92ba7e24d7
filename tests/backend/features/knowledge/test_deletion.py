"""Deleting leaves nothing, and takes nothing from others."""

import pytest
from sqlalchemy import func, select, update

from genai_stack.errors import NotFound
from genai_stack.features.knowledge import bases
from genai_stack.features.knowledge.tables import Document, KnowledgeBase
from genai_stack.infra.database.database import Database
from genai_stack.infra.database.scope import THE_WORKSPACE
from tests.fakes.library import base, counts, library_of, ready

ONE = b"Otters sleep holding hands. " * 300
TWO = b"Badgers dig setts with many rooms. " * 300


async def test_deleting_a_document_leaves_the_others_as_they_were(home: Database) -> None:
    async with library_of(home) as library:
        base_id, other_id = await base(library), await base(library)
        one, _ = await ready(library, base_id, {"one.txt": ONE, "two.txt": TWO})
        await ready(library, other_id, {"one.txt": ONE})
        before = await library.search.search(THE_WORKSPACE, other_id, "otters")
        await library.deletion.delete_document(THE_WORKSPACE, one.id)
        found = await library.search.search(THE_WORKSPACE, base_id, "otters sleep")
        assert {passage.filename for passage in found} == {"two.txt"}
        assert await library.search.search(THE_WORKSPACE, other_id, "otters") == before
        with pytest.raises(NotFound):
            await library.deletion.delete_document(THE_WORKSPACE, one.id)
        await library.deletion.delete_base(THE_WORKSPACE, other_id)
        held = await counts(home)
        assert (held["documents"], held["original_pieces"]) == (1, 1)
        assert held["embeddings"] <= held["passages"]


async def test_a_deleted_base_takes_all_with_it(home: Database) -> None:
    async with library_of(home) as library:
        base_id = await base(library)
        await ready(library, base_id, {"one.txt": ONE, "two.txt": TWO})
        await library.deletion.delete_base(THE_WORKSPACE, base_id)
        assert set((await counts(home)).values()) == {0}
        async with home.read() as session:
            assert await session.scalar(select(func.count()).select_from(KnowledgeBase)) == 0
            with pytest.raises(NotFound):
                await bases.find(session, THE_WORKSPACE, base_id)


async def test_what_a_dead_process_left_is_swept_at_the_start(home: Database) -> None:
    async with library_of(home) as library:
        base_id = await base(library)
        await ready(library, base_id, {"one.txt": ONE, "two.txt": TWO})
    async with home.write() as session:
        await session.execute(update(Document).where(Document.filename == "one.txt").values(status="deleting"))
        await session.execute(update(Document).where(Document.filename == "two.txt").values(status="uploading"))
    async with library_of(home) as library:
        await library.resume(THE_WORKSPACE)
        await library.deletion.sweep(THE_WORKSPACE, patience=10)
        assert set((await counts(home)).values()) == {0}
