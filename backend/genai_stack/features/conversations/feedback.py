"""What a person thinks of an answer: one row for each message."""

from typing import Literal

from sqlalchemy import select

from genai_stack.errors import Invalid, NotFound
from genai_stack.features.conversations.tables import MessageFeedback, MessageRow
from genai_stack.infra.database.columns import now
from genai_stack.infra.database.database import WriteSession
from genai_stack.infra.database.scope import Scope

Rating = Literal["up", "down"]


async def put(
    session: WriteSession, scope: Scope, session_id: str, message_id: str, rating: Rating, reason: str
) -> MessageFeedback:
    """Replaces what was said before."""
    await _answer(session, scope, session_id, message_id)
    feedback = MessageFeedback(
        message_id=message_id, workspace_id=scope.workspace_id, rating=rating, reason=reason, updated_at=now()
    )
    return await session.merge(feedback)


async def remove(session: WriteSession, scope: Scope, session_id: str, message_id: str) -> None:
    """What was not said is not missed."""
    await _answer(session, scope, session_id, message_id)
    if feedback := await session.get(MessageFeedback, message_id):
        await session.delete(feedback)


async def _answer(session: WriteSession, scope: Scope, session_id: str, message_id: str) -> None:
    role = await session.scalar(
        select(MessageRow.role).where(
            MessageRow.id == message_id,
            MessageRow.session_id == session_id,
            MessageRow.of(scope),
        )
    )
    if role is None:
        raise NotFound("This conversation has no message with this id.")
    if role != "assistant":
        raise Invalid("Only answers can be rated; this message is a question.")
