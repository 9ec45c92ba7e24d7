"""Pages of lists: each holds what a slice of the whole list holds, from whichever end it was read."""

import pytest
from sqlalchemy import Select, select

from genai_stack.features.workflows.tables import Workflow
from genai_stack.infra.database.database import Database
from genai_stack.infra.database.listing import page_of
from genai_stack.infra.database.scope import THE_WORKSPACE
from tests.support import rows

ROWS = 11
QUERY: Select[Workflow] = select(Workflow).where(Workflow.of(THE_WORKSPACE))


@pytest.mark.parametrize("descending", [False, True])
async def test_pages_are_slices_of_the_list(database: Database, descending: bool) -> None:
    async with database.write() as session:
        await rows.workspace(session)
        session.add_all([rows.workflow(name=f"{number % 4}") for number in range(ROWS)])
    keys = (Workflow.name, Workflow.id)
    async with database.read() as session:
        every = (await session.scalars(QUERY.order_by(*(key.desc() if descending else key for key in keys)))).all()
        for skip in range(ROWS + 2):
            for limit in (1, 3, ROWS, 50):
                found = await page_of(session, QUERY, keys, ROWS, skip, limit, descending=descending)
                assert found == every[skip : skip + limit], (skip, limit)


async def test_an_empty_list_has_empty_pages(database: Database) -> None:
    async with database.read() as session:
        assert await page_of(session, QUERY, (Workflow.id,), 0, 0, 10) == []
