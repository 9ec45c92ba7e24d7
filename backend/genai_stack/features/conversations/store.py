"""Chat sessions and their messages, as they are stored."""

from collections.abc import Sequence

from sqlalchemy import Select, bindparam, delete, literal, select
from sqlalchemy.orm import aliased

from genai_stack.engine.events import ChatMessage
from genai_stack.errors import NotFound
from genai_stack.features.conversations.tables import ChatSession, MessageFeedback, MessageRow
from genai_stack.infra.database.columns import now
from genai_stack.infra.database.database import ReadSession, Transaction, WriteSession
from genai_stack.infra.database.listing import page_of
from genai_stack.infra.database.row_counts import row_count
from genai_stack.infra.database.scope import Scope
from genai_stack.nodes.context import Turn

TITLE = 60  # characters of the first question that name a session


async def add(session: WriteSession, scope: Scope, workflow_id: str, title: str = "") -> ChatSession:
    moment = now()
    made = ChatSession(
        workspace_id=scope.workspace_id, workflow_id=workflow_id, title=title, created_at=moment, updated_at=moment
    )
    session.add(made)
    await session.flush()
    return made


async def get(session: ReadSession, scope: Scope, session_id: str) -> ChatSession:
    found = await session.scalar(select(ChatSession).where(ChatSession.id == session_id, ChatSession.of(scope)))
    if found is None:
        raise NotFound("There is no conversation with this id.")
    return found


async def of_workflow(
    session: ReadSession, scope: Scope, workflow_id: str, skip: int, limit: int
) -> tuple[Sequence[ChatSession], int]:
    """Last used first, and how many there are."""
    mine = (ChatSession.workflow_id == workflow_id, ChatSession.of(scope))
    total = await row_count(session, scope, workflow_id, "conversations")
    keys = (ChatSession.updated_at, ChatSession.id)
    return await page_of(session, select(ChatSession).where(*mine), keys, total, skip, limit, descending=True), total


async def remove(session: WriteSession, scope: Scope, session_id: str) -> None:
    await get(session, scope, session_id)
    await session.execute(delete(ChatSession).where(ChatSession.id == session_id, ChatSession.of(scope)))


async def messages(
    session: ReadSession, scope: Scope, session_id: str, skip: int, limit: int
) -> tuple[Sequence[tuple[MessageRow, MessageFeedback | None]], int]:
    """Oldest first, each with its feedback, and how many there are."""
    await get(session, scope, session_id)
    mine = (MessageRow.session_id == session_id, MessageRow.of(scope))
    total = await row_count(session, scope, session_id, "messages")
    found = await page_of(session, select(MessageRow).where(*mine), (MessageRow.position,), total, skip, limit)
    rated = MessageFeedback.message_id.in_([message.id for message in found])
    given = await session.scalars(select(MessageFeedback).where(MessageFeedback.of(scope), rated))
    feedback = {one.message_id: one for one in given}
    return [(message, feedback.get(message.id)) for message in found], total


def _branch() -> Select[str, str]:
    """The answered questions before that of a run in its branch, the nearest first."""
    question, answer = aliased(MessageRow), aliased(MessageRow)
    path = (
        select(MessageRow.parent_id, literal(0).label("depth"))
        .where(
            MessageRow.run_id == bindparam("run"),
            MessageRow.role == "user",
            MessageRow.session_id == bindparam("session"),
            MessageRow.workspace_id == bindparam("workspace"),
        )
        .cte("path", recursive=True)
    )
    path = path.union_all(
        select(MessageRow.parent_id, path.c.depth + 1)
        .join(path, MessageRow.id == path.c.parent_id)
        .where(path.c.depth < bindparam("most"))
    )
    return (
        select(question.content, answer.content)
        .select_from(path)
        .join(question, question.id == path.c.parent_id)
        .join(answer, (answer.session_id == question.session_id) & (answer.position == question.position + 1))
        .where(answer.role == "assistant", answer.content != "")
        .order_by(path.c.depth)
        .limit(bindparam("turns"))
    )


_turns_before = _branch()


def turns_before(transaction: Transaction, scope: Scope, session_id: str, run_id: str, most: int) -> list[Turn]:
    """The answered questions before that of a run in its branch, oldest first: at most so many messages."""
    asked = {
        "session": session_id, "workspace": scope.workspace_id, "run": run_id, "most": most, "turns": most // 2,
    }  # fmt: skip
    found = transaction.execute(_turns_before, asked).all()
    return [Turn(question, answer) for question, answer in reversed(found)]


def titled(question: str) -> str:
    """A name for a session, from its first question."""
    line = " ".join(question.split())
    if len(line) <= TITLE:
        return line
    return line[:TITLE].rsplit(" ", 1)[0].rstrip(",.;:–-") + "…"


def chat_message(message: MessageRow) -> ChatMessage:
    """A stored message as events and answers show it."""
    role = "assistant" if message.role == "assistant" else "user"
    at = message.created_at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return ChatMessage(message.id, role, message.content, at, message.meta, message.parent_id)
