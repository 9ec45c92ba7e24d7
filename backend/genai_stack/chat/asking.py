"""A message becomes a run, and the run's answer a message."""

from collections.abc import Sequence
from uuid import UUID, uuid5

import msgspec
from sqlalchemy import Insert, event, func, insert, select
from sqlalchemy.orm import Session

from genai_stack.chat import sessions
from genai_stack.engine.events import ChatMessage as Told
from genai_stack.engine.events import MessageAccepted
from genai_stack.engine.execute import Outcome
from genai_stack.errors import KeyReused
from genai_stack.runs import records
from genai_stack.runs.records import NewRun
from genai_stack.runs.runs import Runs
from genai_stack.storage.columns import new_id, now
from genai_stack.storage.database import WriteSession
from genai_stack.storage.scope import Scope
from genai_stack.storage.tables import ChatMessage, ChatSession, Run
from genai_stack.work.wake import Wake

USED = "This message id was used for another message. Give each message an id of its own."


async def ask(
    session: WriteSession,
    scope: Scope,
    runs: Runs,
    wake: Wake,
    chat: ChatSession,
    version: int,
    message_id: str | None,
    content: str,
) -> Run:
    """Store a person's message with its run."""
    place = await session.scalar(
        select(func.max(ChatMessage.position)).where(ChatMessage.session_id == chat.id, ChatMessage.role == "user")
    )
    message = ChatMessage(
        id=message_id or new_id(),
        workspace_id=scope.workspace_id,
        session_id=chat.id,
        position=0 if place is None else place + 2,
        role="user",
        content=content,
        meta={},
        created_at=now(),
    )
    run = await runs.submit(
        session,
        scope,
        NewRun(chat.workflow_id, version, content, chat.id),
        MessageAccepted(sessions.told(message)),
    )
    message.run_id = run.id
    session.add(message)
    chat.updated_at = now()
    chat.title = chat.title or sessions.titled(content)
    await session.flush()

    def committed(_: Session) -> None:
        wake.tell(topic(chat.id))

    event.listen(session.sync_session, "after_commit", committed, once=True)
    return run


def topic(session_id: str) -> str:
    """What a session's sockets listen to, to be told of new runs."""
    return f"session:{session_id}"


async def asked_before(
    session: WriteSession, scope: Scope, chat: ChatSession, message_id: str, content: str
) -> Run | None:
    """The run that the same message made when it came first."""
    # One chat at a time: the same message sent twice at once is seen by the second.
    await session.execute(select(ChatSession.id).where(ChatSession.id == chat.id).with_for_update())
    message = await session.get(ChatMessage, message_id)
    if message is None:
        return None
    same = (message.workspace_id, message.session_id, message.content, message.role)
    if same != (scope.workspace_id, chat.id, content, "user") or message.run_id is None:
        raise KeyReused(USED, code="MESSAGE_ID_REUSED")
    return await records.get(session, scope, message.run_id)


def answered(run: Run, outcome: Outcome) -> tuple[Told | None, Sequence[Insert]]:
    """The assistant's message of a chat run, to be stored with the run's end."""
    if run.session_id is None:
        return None, ()
    message = ChatMessage(
        id=str(uuid5(UUID(run.id), "answer")),
        workspace_id=run.workspace_id,
        session_id=run.session_id,
        run_id=run.id,
        role="assistant",
        content=outcome.answer or "",
        meta={
            "run_id": run.id,
            "status": outcome.status,
            "sources": msgspec.to_builtins(outcome.sources),
            "usage": outcome.usage,
            "error": msgspec.to_builtins(outcome.error),
        },
        created_at=now(),
    )
    question = select(ChatMessage.position + 1).where(ChatMessage.run_id == run.id, ChatMessage.role == "user")
    row = insert(ChatMessage).values(
        id=message.id,
        workspace_id=message.workspace_id,
        session_id=message.session_id,
        run_id=message.run_id,
        position=question.scalar_subquery(),
        role=message.role,
        content=message.content,
        meta=message.meta,
        created_at=message.created_at,
    )
    return sessions.told(message), (row,)
