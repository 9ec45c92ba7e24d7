"""Copies of knowledge bases: whole, invisible until they are published, and without embedding anything again."""

import pytest

from genai_stack.errors import NotFound
from genai_stack.features.knowledge import bases, documents, originals
from genai_stack.features.knowledge.copying import BaseCopy, Copies
from genai_stack.features.knowledge.tables import KnowledgeBase
from genai_stack.features.workflows.tables import Workflow
from genai_stack.infra.database.database import Database
from genai_stack.infra.database.scope import THE_WORKSPACE
from tests.fakes.embedder import WordEmbedder
from tests.fakes.library import ELSEWHERE, Library, base, library_of, ready, until

TEXTS = {"bees.txt": b"Bees dance to tell where flowers are.", "moss.md": b"# Moss\n\nMoss grows slowly."}


def copies_of(library: Library) -> Copies:
    return Copies(library.database, library.job_queue, library.deletion, library.index)


async def published(library: Library, copies: Copies, copy: BaseCopy) -> str:
    """The id of the workflow that owns it."""
    async with library.database.write() as session:
        workflow = Workflow(workspace_id=THE_WORKSPACE.workspace_id, name="Copy", configuration={"nodes": []})
        session.add(workflow)
        await session.flush()
        await copies.publish(session, copy, workflow.id)
        workflow_id = workflow.id
    await copies.published(copy)
    return workflow_id


async def visible(database: Database) -> list[str]:
    async with database.read() as session:
        found, _ = await bases.listed(session, THE_WORKSPACE, 0, 100)
    return [one.id for one in found]


async def test_a_copy_answers_the_same_without_embedding_again(home: Database) -> None:
    embedder = WordEmbedder()
    async with library_of(home, embedder) as library:
        source = await base(library)
        await ready(library, source, TEXTS)
        before = await library.search.search(THE_WORKSPACE, source, "where do bees dance", top_k=2)
        embedded = list(embedder.asked)
        copies = copies_of(library)
        copy = await copies.make(THE_WORKSPACE, source, "Copy")
        assert embedder.asked == embedded
        workflow_id = await published(library, copies, copy)
        found = await library.search.search(THE_WORKSPACE, copy.base_id, "where do bees dance", top_k=2)
        assert [(one.text, one.score) for one in found] == [(one.text, one.score) for one in before]
        async with home.read() as session:
            own = await bases.own_of(session, THE_WORKSPACE, workflow_id)
            copied, total = await documents.listed(session, THE_WORKSPACE, copy.base_id, 0, 10)
        assert own is not None
        assert own.id == copy.base_id
        assert total == len(TEXTS)
        for document in copied:
            assert document.status == "ready"
            assert await originals.read(home, THE_WORKSPACE, document.id) == TEXTS[document.filename]


async def test_deleting_the_source_leaves_the_copy_whole(home: Database) -> None:
    async with library_of(home) as library:
        source = await base(library)
        await ready(library, source, TEXTS)
        copies = copies_of(library)
        copy = await copies.make(THE_WORKSPACE, source, "Copy")
        await published(library, copies, copy)
        await library.deletion.delete_base(THE_WORKSPACE, source)
        found = await library.search.search(THE_WORKSPACE, copy.base_id, "Moss grows", top_k=1)
        assert "Moss" in found[0].text


async def test_a_copy_is_not_seen_before_it_is_published_and_can_be_undone(home: Database) -> None:
    async with library_of(home) as library:
        source = await base(library)
        await ready(library, source, TEXTS)
        copies = copies_of(library)
        copy = await copies.make(THE_WORKSPACE, source, "Copy")
        assert await visible(home) == [source]
        await copies.undo(copy)

        async def gone() -> bool:
            async with home.read() as session:
                return await session.get(KnowledgeBase, copy.base_id) is None

        await until(gone)
        found = await library.search.search(THE_WORKSPACE, source, "Moss grows", top_k=1)
        assert "Moss" in found[0].text


async def test_a_copy_that_a_crash_cut_off_is_removed_at_the_start(home: Database) -> None:
    async with library_of(home) as library:
        source = await base(library)
        await ready(library, source, TEXTS)
        copy = await copies_of(library).make(THE_WORKSPACE, source, "Copy")
    async with library_of(home) as library:
        await library.resume(THE_WORKSPACE)

        async def gone() -> bool:
            async with home.read() as session:
                return await session.get(KnowledgeBase, copy.base_id) is None

        await until(gone)
        assert await visible(home) == [source]


async def test_a_document_that_is_deleted_while_it_is_copied_is_left_out(home: Database) -> None:
    async with library_of(home) as library:
        source = await base(library)
        found = await ready(library, source, TEXTS)
        copies = copies_of(library)
        copy = await copies.make(THE_WORKSPACE, source, "Copy")
        async with home.write() as session:  # as if its passages had gone before they were copied
            [cut] = [copied for copied, one in copy.documents.items() if one.id == found[0].id]
            await session.execute(documents.Document.__table__.delete().where(documents.Document.id == cut))
        del copy.documents[cut]
        await published(library, copies, copy)
        async with home.read() as session:
            listed, _ = await documents.listed(session, THE_WORKSPACE, copy.base_id, 0, 10)
        assert [one.filename for one in listed] == [found[1].filename]


async def test_another_workspace_cannot_copy_it(home: Database) -> None:
    async with library_of(home) as library:
        source = await base(library)
        with pytest.raises(NotFound):
            await copies_of(library).make(ELSEWHERE, source, "Copy")
