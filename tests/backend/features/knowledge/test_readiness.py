"""Runs wait for documents being read, up to a limit, and prefer the reader's own documents to the example."""

from sqlalchemy import update

from genai_stack.features.knowledge import example
from genai_stack.features.knowledge.readiness import KnowledgeReadiness, readiness, wait_until_read
from genai_stack.features.knowledge.tables import Document
from genai_stack.features.workflows.tables import Workflow
from genai_stack.infra.database.database import Database
from genai_stack.infra.database.scope import THE_WORKSPACE
from tests.fakes.library import ELSEWHERE

WORKFLOW = "00000000-0000-4000-8000-0000000000aa"


async def install(database: Database) -> Document:
    async with database.write() as session:
        session.add(Workflow(id=WORKFLOW, workspace_id=THE_WORKSPACE.workspace_id, name="Example", configuration={}))
        await session.flush()
        return await example.install(session, THE_WORKSPACE, WORKFLOW, "Example")


async def add(database: Database, base_id: str, status: str, filename: str = "own.txt") -> str:
    async with database.write() as session:
        document = Document(
            workspace_id=THE_WORKSPACE.workspace_id,
            workflow_id=WORKFLOW,
            knowledge_base_id=base_id,
            filename=filename,
            size=1,
            status=status,
        )
        session.add(document)
        await session.flush()
        return document.id


async def set_status(database: Database, document_id: str, status: str) -> None:
    async with database.write() as session:
        await session.execute(update(Document).where(Document.id == document_id).values(status=status))


async def test_the_example_is_searched_until_there_is_an_own_document(home: Database) -> None:
    shipped = await install(home)
    base_id = shipped.knowledge_base_id
    assert await readiness(home, THE_WORKSPACE, base_id) == KnowledgeReadiness(1, 0)
    own = await add(home, base_id, "failed")
    assert await readiness(home, THE_WORKSPACE, base_id) == KnowledgeReadiness(1, 0)
    await set_status(home, own, "processing")
    assert await readiness(home, THE_WORKSPACE, base_id) == KnowledgeReadiness(0, 1, shipped.id)
    await set_status(home, own, "ready")
    assert await readiness(home, THE_WORKSPACE, base_id) == KnowledgeReadiness(1, 0, shipped.id)
    assert await readiness(home, ELSEWHERE, base_id) == KnowledgeReadiness(0, 0)


async def test_a_file_of_ones_own_with_the_name_of_the_example_is_searched(home: Database) -> None:
    base_id = (await install(home)).knowledge_base_id
    await add(home, base_id, "ready", example.FILENAME)
    found = await readiness(home, THE_WORKSPACE, base_id)
    assert (found.ready, found.pending) == (1, 0)


async def test_a_run_waits_until_documents_are_read(home: Database) -> None:
    base_id = (await install(home)).knowledge_base_id
    own = await add(home, base_id, "processing")
    told: list[int] = []
    found = await wait_until_read(home, THE_WORKSPACE, base_id, told.append, limit=0.0, pause=0.0)
    assert (found.ready, found.pending, told) == (0, 1, [])
    await set_status(home, own, "ready")
    found = await wait_until_read(home, THE_WORKSPACE, base_id, told.append, limit=0.0, pause=0.0)
    assert (found.ready, found.pending, told) == (1, 0, [])
