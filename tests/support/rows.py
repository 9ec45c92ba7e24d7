"""Rows for tests of storage: the parents that foreign keys ask for, and no more."""

from typing import Any

from genai_stack.features.conversations.tables import ChatSession, MessageRow
from genai_stack.features.knowledge.tables import Document, KnowledgeBase
from genai_stack.features.runs.tables import Run
from genai_stack.features.workflows.tables import Workflow
from genai_stack.features.workspaces.tables import Workspace
from genai_stack.infra.database.columns import new_id
from genai_stack.infra.database.database import WriteSession
from genai_stack.infra.database.scope import THE_WORKSPACE, Scope
from tests.support import graphs


async def workspace(session: WriteSession, scope: Scope = THE_WORKSPACE) -> None:
    session.add(Workspace(id=scope.workspace_id, name="Workspace"))
    await session.flush()


def workflow(scope: Scope = THE_WORKSPACE, **columns: Any) -> Workflow:
    made = {"id": new_id(), "name": "Stack", "configuration": graphs.echo(), **columns}
    return Workflow(workspace_id=scope.workspace_id, **made)


def run(of: Workflow, **columns: Any) -> Run:
    made = {"id": new_id(), "version": 1, "query": "?", "status": "succeeded", **columns}
    return Run(workspace_id=of.workspace_id, workflow_id=of.id, **made)


def conversation(of: Workflow, **columns: Any) -> ChatSession:
    return ChatSession(id=new_id(), workspace_id=of.workspace_id, workflow_id=of.id, **columns)


def message(of: ChatSession, position: int, **columns: Any) -> MessageRow:
    made = {"id": new_id(), "role": "assistant" if position % 2 else "user", "content": "Hello", "meta": {}, **columns}
    return MessageRow(workspace_id=of.workspace_id, session_id=of.id, position=position, **made)


def knowledge_base(of: Workflow | None = None, scope: Scope = THE_WORKSPACE, **columns: Any) -> KnowledgeBase:
    made = {"id": new_id(), "name": "Base", "embedder": {}, "chunk_size": 200, "chunk_overlap": 40, **columns}
    return KnowledgeBase(workspace_id=scope.workspace_id, workflow_id=of.id if of else None, **made)


def document(of: KnowledgeBase, **columns: Any) -> Document:
    made = {"id": new_id(), "filename": "a.txt", "size": 1, "status": "ready", **columns}
    return Document(workspace_id=of.workspace_id, knowledge_base_id=of.id, **made)
