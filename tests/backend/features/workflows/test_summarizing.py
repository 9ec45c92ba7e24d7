"""Summaries of graphs that were saved under another catalog."""

from genai_stack import nodes
from genai_stack.engine.catalog import Catalog
from genai_stack.features.workflows.search import search
from genai_stack.features.workflows.summarizing import WORKFLOWS_PER_COMMIT, summarize_all
from genai_stack.infra.database.database import Database
from genai_stack.infra.database.scope import THE_WORKSPACE
from tests.support import rows

CATALOG = Catalog.of(nodes)


async def test_graphs_of_an_earlier_catalog_are_summarized_anew(database: Database) -> None:
    count = WORKFLOWS_PER_COMMIT + 1
    async with database.write() as session:
        await rows.workspace(session)
        session.add_all([rows.workflow() for _ in range(count)])
    assert await summarize_all(database, CATALOG) == count
    assert await summarize_all(database, CATALOG) == 0
    fewer = Catalog(type(one) for one in CATALOG if one.type != "output")
    assert await summarize_all(database, fewer) == count
    async with database.read() as session:
        found, _ = await search(session, THE_WORKSPACE, "", 0, 50)
        assert {one.summary_catalog for one in found} == {fewer.fingerprint}
        assert all((one.summary or {})["error_count"] for one in found)
