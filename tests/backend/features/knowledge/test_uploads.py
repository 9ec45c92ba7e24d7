"""Uploads: whole or absent, within limits, under names that are only labels."""

import asyncio
import os
from collections.abc import AsyncIterator

import pytest

from genai_stack.errors import Invalid, NotFound, TooLarge
from genai_stack.features.knowledge import bases, documents, originals
from genai_stack.features.knowledge.uploads import UploadedFile, label
from genai_stack.features.workflows.tables import Workflow
from genai_stack.infra.database.database import Database
from genai_stack.infra.database.scope import THE_WORKSPACE
from tests.fakes.library import (
    ELSEWHERE,
    base,
    counts,
    ended,
    in_chunks,
    library_of,
    nothing_left,
    ready,
    sent,
    until,
    upload,
)


async def test_an_original_comes_back_byte_for_byte(home: Database) -> None:
    content = os.urandom(3 * originals.PIECE * originals.AT_ONCE + 17)
    async with library_of(home) as library:
        [document] = await upload(library, await base(library), {"noise.bin": content})
        assert document.size == len(content)
        assert await originals.read(home, THE_WORKSPACE, document.id) == content
        failed = await ended(library, document.id)
        assert failed.status == "failed"
        assert failed.error


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\Report.pdf", "Report.pdf"),
        ("a\x00b\nc.txt", "a\ufffdb\ufffdc.txt"),
        ("..", "unnamed"),
        ("", "unnamed"),
        ("Łódź 報告.pdf", "Łódź 報告.pdf"),
        ("x" * 300 + ".pdf", "x" * 251 + ".pdf"),
        ("half\ud800.txt", "half\ufffd.txt"),
    ],
)
def test_a_name_is_a_label_and_no_path(name: str, shown: str) -> None:
    assert label(name) == shown


async def test_a_file_that_is_too_large_takes_the_whole_upload_back(home: Database) -> None:
    async with library_of(home, largest=600_000) as library:
        base_id = await base(library)
        with pytest.raises(TooLarge, match=r'"large.txt" is larger than'):
            await upload(library, base_id, {"small.txt": b"Words.", "large.txt": b"x" * 3_000_000})
        assert set((await counts(home)).values()) == {0}


async def test_an_aborted_upload_leaves_nothing(home: Database) -> None:

    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b"x" * 300_000
            await asyncio.sleep(0.005)

    async def files() -> AsyncIterator[UploadedFile]:
        yield UploadedFile("first.txt", in_chunks(b"Words."))
        yield UploadedFile("endless.txt", endless())

    async with library_of(home) as library:
        base_id = await base(library)
        task = asyncio.create_task(library.uploads.to_base(THE_WORKSPACE, base_id, files()))

        async def some_came() -> bool:
            return (await counts(home))["original_pieces"] >= 5

        await until(some_came)
        async with home.read() as session:
            assert await documents.listed(session, THE_WORKSPACE, base_id, 0, 10) == ([], 0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await until(lambda: nothing_left(home))


async def test_an_upload_without_a_file_is_refused(home: Database) -> None:
    async with library_of(home) as library:
        with pytest.raises(Invalid):
            await upload(library, await base(library), {})


async def test_a_base_of_another_workspace_is_not_there(home: Database) -> None:
    async with library_of(home) as library:
        base_id = await base(library)
        with pytest.raises(NotFound):
            await upload(library, base_id, {"a.txt": b"Words."}, ELSEWHERE)
        [document] = await ready(library, base_id, {"a.txt": b"Words."})
        with pytest.raises(NotFound):
            await library.search.search(ELSEWHERE, base_id, "words")
        with pytest.raises(NotFound):
            await library.deletion.delete_document(ELSEWHERE, document.id)


async def test_uploads_to_a_workflow_share_the_one_base_that_it_owns(home: Database) -> None:
    workflow_id = "00000000-0000-4000-8000-0000000000aa"
    async with home.write() as session:
        session.add(
            Workflow(
                id=workflow_id, workspace_id=THE_WORKSPACE.workspace_id, name="Otters", configuration={"nodes": []}
            )
        )
    async with library_of(home) as library:
        uploads = [
            library.uploads.to_workflow(THE_WORKSPACE, workflow_id, "A workflow", sent({f"{n}.txt": b"Words."}))
            for n in range(3)
        ]
        taken = [document for [document] in await asyncio.gather(*uploads)]
        assert {document.workflow_id for document in taken} == {workflow_id}
        async with home.read() as session:
            own = await bases.own_of(session, THE_WORKSPACE, workflow_id)
        assert own is not None
        assert {document.knowledge_base_id for document in taken} == {own.id}
        with pytest.raises(NotFound):
            await library.uploads.to_workflow(THE_WORKSPACE, taken[0].id, "A workflow", sent({"a.txt": b"Words."}))
        await library.deletion.delete_base(THE_WORKSPACE, own.id)
        assert set((await counts(home)).values()) == {0}
