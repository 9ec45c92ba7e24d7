"""Row counts equal what is there, after whatever was inserted, changed and deleted, also by cascade."""

import random
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import delete, func, select, true, update

from genai_stack.features.conversations.tables import ChatSession, MessageRow
from genai_stack.features.knowledge.tables import Document, KnowledgeBase
from genai_stack.features.runs.tables import Run
from genai_stack.features.workflows.tables import Workflow, WorkflowTag
from genai_stack.infra.database.columns import new_id
from genai_stack.infra.database.database import Database, ReadSession, WriteSession
from genai_stack.infra.database.row_counts import RowCount, row_count
from genai_stack.infra.database.scope import THE_WORKSPACE, Scope
from tests.support import rows

STEPS = 80
STATUSES = ("uploading", "processing", "ready", "failed", "deleting")
SEEN_DOCUMENT = Document.status.in_(("processing", "ready", "failed"))
LISTS: list[tuple[str, Any, Any, Any, Any]] = [
    # kind, owner, part, table, which rows are seen
    ("workflows", Workflow.workspace_id, "", Workflow, true()),
    ("tagged", WorkflowTag.workspace_id, WorkflowTag.tag, WorkflowTag, true()),
    ("conversations", ChatSession.workflow_id, "", ChatSession, true()),
    ("messages", MessageRow.session_id, "", MessageRow, true()),
    ("runs", Run.workflow_id, "", Run, true()),
    ("knowledge_bases", KnowledgeBase.workspace_id, "", KnowledgeBase, KnowledgeBase.revision >= 0),
    ("documents", Document.knowledge_base_id, "", Document, SEEN_DOCUMENT),
]


async def counted(session: ReadSession) -> dict[tuple[str, str, str], int]:
    kept = select(RowCount.kind, RowCount.owner_id, RowCount.part, func.sum(RowCount.count))
    found = await session.execute(kept.group_by(RowCount.kind, RowCount.owner_id, RowCount.part))
    return {(kind, owner, part): int(count) for kind, owner, part, count in found if count}


async def there(session: ReadSession) -> dict[tuple[str, str, str], int]:
    found: dict[tuple[str, str, str], int] = {}
    for kind, owner, part, table, seen in LISTS:
        for row in await session.scalars(select(table).where(seen)):
            if kind == "knowledge_bases":
                name = "shared" if row.workflow_id is None else "own"
            else:
                name = getattr(row, part.key) if part else ""
            key = (kind, getattr(row, owner.key), name)
            found[key] = found.get(key, 0) + 1
    return found


class Changes:
    """Random changes of a workspace, each in a transaction of its own."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._positions = 0

    async def one(self, session: WriteSession) -> None:
        steps: list[Callable[[WriteSession], Any]] = [
            self._add_workflow, self._add_run, self._add_conversation, self._add_messages, self._add_base,
            self._add_documents, self._tag, self._change_status, self._delete_softly, self._delete,
        ]  # fmt: skip
        await self._random.choice(steps)(session)

    async def _any(self, session: WriteSession, table: Any) -> Any:
        found = (await session.scalars(select(table).order_by(table.id))).all()
        return self._random.choice(found) if found else None

    async def _add_workflow(self, session: WriteSession) -> None:
        session.add(rows.workflow())

    async def _add_run(self, session: WriteSession) -> None:
        if workflow := await self._any(session, Workflow):
            conversation = await self._any(session, ChatSession)
            session.add(rows.run(workflow, session_id=conversation.id if conversation else None))

    async def _add_conversation(self, session: WriteSession) -> None:
        if workflow := await self._any(session, Workflow):
            session.add(rows.conversation(workflow))

    async def _add_messages(self, session: WriteSession) -> None:
        if conversation := await self._any(session, ChatSession):
            self._positions += 2
            session.add_all([rows.message(conversation, self._positions + place) for place in (0, 1)])

    async def _add_base(self, session: WriteSession) -> None:
        owned = (await session.scalars(select(KnowledgeBase.workflow_id))).all()
        workflow = await self._any(session, Workflow)
        session.add(rows.knowledge_base(workflow if workflow and workflow.id not in owned else None))

    async def _add_documents(self, session: WriteSession) -> None:
        if base := await self._any(session, KnowledgeBase):
            session.add_all([rows.document(base, status=self._random.choice(STATUSES)) for _ in range(3)])

    async def _tag(self, session: WriteSession) -> None:
        if workflow := await self._any(session, Workflow):
            await session.execute(delete(WorkflowTag).where(WorkflowTag.workflow_id == workflow.id))
            for tag in self._random.sample("abc", 2):
                session.add(WorkflowTag(workspace_id=workflow.workspace_id, workflow_id=workflow.id, tag=tag))

    async def _change_status(self, session: WriteSession) -> None:
        if base := await self._any(session, KnowledgeBase):
            status = self._random.choice(STATUSES)
            await session.execute(update(Document).where(Document.knowledge_base_id == base.id).values(status=status))

    async def _delete_softly(self, session: WriteSession) -> None:
        if base := await self._any(session, KnowledgeBase):
            base.revision, base.workflow_id = -1, None

    async def _delete(self, session: WriteSession) -> None:
        table = self._random.choice((Workflow, ChatSession, Run, KnowledgeBase, Document))
        if row := await self._any(session, table):
            await session.execute(delete(table).where(table.id == row.id))


@pytest.mark.parametrize("seed", range(3))
async def test_counts_equal_what_is_there_after_any_changes(database: Database, seed: int) -> None:
    changes = Changes(seed)
    async with database.write() as session:
        await rows.workspace(session)
    for _ in range(STEPS):
        async with database.write() as session:
            await changes.one(session)
        async with database.read() as session:
            assert await counted(session) == await there(session)


async def test_what_is_rolled_back_is_not_counted(database: Database) -> None:
    async with database.write() as session:
        await rows.workspace(session)
        session.add(rows.workflow())
    with pytest.raises(RuntimeError):
        async with database.write() as session:
            session.add(rows.workflow())
            await session.flush()
            raise RuntimeError
    async with database.read() as session:
        assert await row_count(session, THE_WORKSPACE, THE_WORKSPACE.workspace_id, "workflows") == 1


async def test_another_workspace_counts_for_itself(database: Database) -> None:
    other = Scope(new_id())
    async with database.write() as session:
        for scope in (THE_WORKSPACE, other):
            await rows.workspace(session, scope)
            session.add(rows.workflow(scope))
    async with database.read() as session:
        assert await row_count(session, other, other.workspace_id, "workflows") == 1
        assert await row_count(session, other, THE_WORKSPACE.workspace_id, "workflows") == 0


async def test_parts_are_counted_apart_and_together(database: Database) -> None:
    async with database.write() as session:
        await rows.workspace(session)
        workflow = rows.workflow()
        session.add(workflow)
        await session.flush()
        session.add_all([rows.knowledge_base(workflow), rows.knowledge_base(), rows.knowledge_base()])
    async with database.read() as session:
        for part, count in (("own", 1), ("shared", 2), (None, 3)):
            found = await row_count(session, THE_WORKSPACE, THE_WORKSPACE.workspace_id, "knowledge_bases", part)
            assert found == count


async def test_nothing_is_left_of_an_owner_that_is_gone(database: Database) -> None:
    async with database.write() as session:
        await rows.workspace(session)
        workflow = rows.workflow()
        session.add(workflow)
        await session.flush()
        conversation = rows.conversation(workflow)
        session.add_all([conversation, rows.run(workflow)])
        await session.flush()
        session.add(rows.message(conversation, 0))
    async with database.write() as session:
        await session.execute(delete(Workflow).where(Workflow.id == workflow.id))
    async with database.read() as session:
        assert set(await session.scalars(select(RowCount.kind))) == {"workflows"}
