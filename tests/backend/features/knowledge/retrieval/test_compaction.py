"""Deleted vectors do not pile up in Chroma, which carries them along."""

import asyncio
from pathlib import Path

from genai_stack.features.knowledge.retrieval.index import GARBAGE_VECTORS, Index
from genai_stack.features.knowledge.retrieval.index_snapshot import read_snapshot
from genai_stack.infra.database.database import Database
from genai_stack.infra.database.scope import THE_WORKSPACE
from genai_stack.integrations.vectors.chroma import ChromaIndex
from genai_stack.integrations.vectors.chroma_child import ChromaChild
from genai_stack.integrations.vectors.vector_store import Held
from tests.fakes import shelf

MANY = 300


async def test_a_collection_is_made_anew_before_most_of_it_is_garbage(home: Database, tmp_path: Path) -> None:
    base_id = await shelf.make_base(home)
    await shelf.put(home, base_id, ["this one stays"])
    store = ChromaIndex(ChromaChild(tmp_path / "chroma"))
    index = Index(home, store)

    async def brought_into_step() -> Held:
        """What the collection then holds, as Chroma keeps it for the next process."""
        await asyncio.wait_for(index.refresh(THE_WORKSPACE, base_id), 60)
        async with home.read() as session:
            extent = await read_snapshot(session, THE_WORKSPACE, base_id)
        held = await store.held(base_id)
        assert extent is not None
        assert held is not None
        assert held == extent.held
        return held

    try:
        seen: list[Held] = []
        for number in range(5):
            document = await shelf.put(home, base_id, [f"fact {number} {at}" for at in range(MANY)])
            await brought_into_step()
            await shelf.take_away(home, base_id, document)
            seen.append(await brought_into_step())
    finally:
        await index.close()
        await store.close()
    assert 3 * MANY <= GARBAGE_VECTORS < 4 * MANY
    assert [held.garbage for held in seen] == [MANY, 2 * MANY, 3 * MANY, 0, MANY]
    assert [held.identity == seen[0].identity for held in seen] == [True, True, True, False, False]
    assert len([path for path in (tmp_path / "chroma").iterdir() if path.is_dir()]) == 1
