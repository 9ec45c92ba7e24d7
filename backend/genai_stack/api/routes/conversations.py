"""Chat sessions and their messages."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, Field

from genai_stack.api.http.dependencies import Deps
from genai_stack.api.http.models import Asked, Id, Page, Pages50, Pages100
from genai_stack.api.http.routing import CurrentScope, Policy, Router
from genai_stack.features.conversations import feedback
from genai_stack.features.conversations import store as sessions
from genai_stack.features.conversations.tables import ChatSession, MessageFeedback
from genai_stack.features.runs import store as records
from genai_stack.features.workflows import store
from genai_stack.infra.database.database import ReadSession
from genai_stack.infra.database.scope import Scope

router = Router(Policy.WORKSPACE, tag="chat")


class SessionIn(Asked):
    title: str = Field("", max_length=200)


class SessionChange(Asked):
    """What is left out stays as it is."""

    title: str | None = Field(None, max_length=200)


class SessionOut(BaseModel):
    id: str
    workflow_id: str
    title: str
    active_run: str | None
    created_at: datetime
    updated_at: datetime


class FeedbackIn(Asked):
    rating: feedback.Rating
    reason: str = Field("", max_length=5_000, description="In the person's own words.")


class FeedbackOut(BaseModel):
    rating: feedback.Rating
    reason: str
    updated_at: datetime


class MessageOut(BaseModel):
    id: str
    run_id: str | None
    parent_id: str | None = Field(
        description="Of a question: the question that it follows; those with the same one are branches. "
        "Of an answer: its question."
    )
    role: Literal["user", "assistant"]
    content: str
    metadata: dict[str, Any]
    created_at: datetime
    feedback: FeedbackOut | None


@router.post("/workflows/{workflow_id}/sessions", status_code=201)
async def open_session(workflow_id: Id, deps: Deps, scope: CurrentScope, body: SessionIn | None = None) -> SessionOut:
    """Begin a conversation with a workflow."""
    async with deps.database.write() as session:
        await store.get(session, scope, workflow_id)
        chat = await sessions.add(session, scope, workflow_id, body.title if body else "")
        return await _out(session, scope, chat)


@router.get("/workflows/{workflow_id}/sessions")
async def of_workflow(workflow_id: Id, deps: Deps, scope: CurrentScope, page: Pages50) -> Page[SessionOut]:
    """A workflow's conversations, last used first."""
    async with deps.database.read() as session:
        await store.get(session, scope, workflow_id)
        found, total = await sessions.of_workflow(session, scope, workflow_id, page.skip, page.limit)
        items = [await _out(session, scope, chat) for chat in found]
    return page.of(SessionOut, items, total)


@router.get("/sessions/{session_id}")
async def get(session_id: Id, deps: Deps, scope: CurrentScope) -> SessionOut:
    """A conversation; `active_run` is what a client that comes back follows."""
    async with deps.database.read() as session:
        return await _out(session, scope, await sessions.get(session, scope, session_id))


@router.patch("/sessions/{session_id}")
async def rename(session_id: Id, body: SessionChange, deps: Deps, scope: CurrentScope) -> SessionOut:
    async with deps.database.write() as session:
        chat = await sessions.get(session, scope, session_id)
        if body.title is not None:
            chat.title = body.title
        return await _out(session, scope, chat)


@router.delete("/sessions/{session_id}", status_code=204)
async def remove(session_id: Id, deps: Deps, scope: CurrentScope) -> None:
    """Remove a conversation with its messages and runs; a run that is going on is stopped."""
    async with deps.database.read() as session:
        await sessions.get(session, scope, session_id)
        running = await records.active_of_session(session, scope, session_id)
    if running is not None:
        await deps.runs.control.cancel(scope, running.id)
    async with deps.database.write() as session:
        await sessions.remove(session, scope, session_id)


@router.get("/sessions/{session_id}/messages")
async def messages(session_id: Id, deps: Deps, scope: CurrentScope, page: Pages100) -> Page[MessageOut]:
    """What was said, oldest first, all branches."""
    async with deps.database.read() as session:
        found, total = await sessions.messages(session, scope, session_id, page.skip, page.limit)
    items = [
        MessageOut(
            id=message.id,
            run_id=message.run_id,
            parent_id=message.parent_id,
            role="assistant" if message.role == "assistant" else "user",
            content=message.content,
            metadata=message.meta,
            created_at=message.created_at,
            feedback=_feedback(given) if given else None,
        )
        for message, given in found
    ]
    return page.of(MessageOut, items, total)


@router.put("/sessions/{session_id}/messages/{message_id}/feedback")
async def give_feedback(
    session_id: Id, message_id: Id, body: FeedbackIn, deps: Deps, scope: CurrentScope
) -> FeedbackOut:
    """Say what an answer was worth; replaces what was said before."""
    async with deps.database.write() as session:
        given = await feedback.put(session, scope, session_id, message_id, body.rating, body.reason)
        return _feedback(given)


@router.delete("/sessions/{session_id}/messages/{message_id}/feedback", status_code=204)
async def remove_feedback(session_id: Id, message_id: Id, deps: Deps, scope: CurrentScope) -> None:
    async with deps.database.write() as session:
        await feedback.remove(session, scope, session_id, message_id)


def _feedback(given: MessageFeedback) -> FeedbackOut:
    rating = "up" if given.rating == "up" else "down"
    return FeedbackOut(rating=rating, reason=given.reason, updated_at=given.updated_at)


async def _out(session: ReadSession, scope: Scope, chat: ChatSession) -> SessionOut:
    running = await records.active_of_session(session, scope, chat.id)
    return SessionOut(
        id=chat.id,
        workflow_id=chat.workflow_id,
        title=chat.title,
        active_run=running.id if running else None,
        created_at=chat.created_at,
        updated_at=chat.updated_at,
    )
