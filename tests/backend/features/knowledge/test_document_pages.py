"""Pictures of pages: a few child processes at once, and none beyond its request."""

import asyncio

import pytest

from genai_stack.errors import Busy
from genai_stack.features.knowledge.document_pages import DocumentPages
from genai_stack.infra.database.database import Database
from genai_stack.infra.database.scope import THE_WORKSPACE
from tests.fakes.library import base, library_of, ready
from tests.support.children import pdf_children, stopped_child, until_ended
from tests.support.files import pdf


async def test_pictures_wait_for_their_place_and_a_cancelled_one_ends_its_child(home: Database) -> None:
    async with library_of(home) as library:
        [document] = await ready(library, await base(library), {"a.pdf": pdf("Otters sleep.")})
    pages = DocumentPages(home, running=1, waiting=1)
    first = asyncio.create_task(pages.picture_of(THE_WORKSPACE, document.id, 1))
    child = await stopped_child()
    second = asyncio.create_task(pages.boxes_on(THE_WORKSPACE, document.id, 1, ["Otters"]))
    await asyncio.sleep(0)
    with pytest.raises(Busy, match="Too many pages are being drawn"):
        await pages.picture_of(THE_WORKSPACE, document.id, 1)
    assert pdf_children() == [child]
    first.cancel()
    await until_ended(child)
    [[box]] = await second
    assert 0 < box.x0 < box.x1 < 1
    assert pdf_children() == []
