"""The example's document is what a fresh ingestion would make of it."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import select

from genai_stack.features.knowledge import example
from genai_stack.features.knowledge.tables import Document, Embedding, PassageRow
from genai_stack.features.workflows.tables import Workflow
from genai_stack.infra.database.database import Database
from genai_stack.infra.database.scope import THE_WORKSPACE
from genai_stack.integrations.embedding.local import LocalEmbedder
from tests.fakes.library import base, library_of, ready

WORKFLOW = "00000000-0000-4000-8000-0000000000aa"


@pytest.fixture
async def local() -> AsyncIterator[LocalEmbedder]:
    embedder = LocalEmbedder()
    yield embedder
    await embedder.close()


async def install(database: Database) -> Document:
    async with database.write() as session:
        session.add(Workflow(id=WORKFLOW, workspace_id=THE_WORKSPACE.workspace_id, name="Example", configuration={}))
        await session.flush()
        return await example.install(session, THE_WORKSPACE, WORKFLOW, "Example")


async def rows(database: Database, document_id: str) -> list[tuple[str, int | None, bytes]]:
    query = (
        select(PassageRow.text, PassageRow.page, Embedding.vector)
        .join(Embedding, Embedding.text_hash == PassageRow.text_hash)
        .where(PassageRow.document_id == document_id)
        .order_by(PassageRow.position)
    )
    async with database.read() as session:
        return [(text, page, vector) for text, page, vector in await session.execute(query)]


async def test_what_is_planted_equals_a_fresh_ingestion(home: Database, local: LocalEmbedder) -> None:
    planted = await install(home)
    before = await rows(home, planted.id)
    async with library_of(home, local) as library:
        # The cache would answer for the embedder.
        async with home.write() as session:
            for row in await session.scalars(select(Embedding)):
                row.vector = bytes(len(row.vector))
                row.text_hash = bytes(reversed(row.text_hash))
        [fresh] = await ready(library, await base(library), {example.FILENAME: example.original()})
    assert (fresh.content, fresh.meta, fresh.kind, fresh.pages, fresh.chunks, fresh.size) == (
        planted.content, planted.meta, planted.kind, planted.pages, planted.chunks, planted.size,
    )  # fmt: skip
    after = await rows(home, fresh.id)
    assert [row[:2] for row in before] == [row[:2] for row in after]
    for (_, _, one), (_, _, other) in zip(before, after, strict=True):
        near = zip(memoryview(one).cast("f"), memoryview(other).cast("f"), strict=True)
        assert max(abs(a - b) for a, b in near) < 1e-5


async def test_the_planted_document_answers(home: Database, local: LocalEmbedder) -> None:
    await install(home)
    async with library_of(home, local) as library:
        async with home.read() as session:
            base_id = await session.scalar(select(Document.knowledge_base_id))
        assert base_id
        found = await asyncio.wait_for(
            library.search.search(THE_WORKSPACE, base_id, "Do I need an API key to try it?"), 20
        )
        assert any("needs no key" in passage.text for passage in found[:2])
        await library.deletion.delete_base(THE_WORKSPACE, base_id)
