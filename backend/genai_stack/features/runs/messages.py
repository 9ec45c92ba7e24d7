"""A message becomes a run, and the run's answer a message."""

from collections.abc import Sequence
from typing import Any, Literal
from uuid import UUID, uuid5

import msgspec
from sqlalchemy import Insert, Row, bindparam, insert, select, update

from genai_stack.engine.events import ChatMessage, MessageAccepted
from genai_stack.engine.execution.outcome import Outcome
from genai_stack.errors import KeyReused, NotFound
from genai_stack.features.conversations.store import chat_message, titled
from genai_stack.features.conversations.tables import ChatSession, MessageRow
from genai_stack.features.runs.control import RunControl
from genai_stack.features.runs.store import NewRun, RunAttempt
from genai_stack.infra.database.columns import new_id, now
from genai_stack.infra.database.database import Transaction
from genai_stack.infra.database.scope import Scope
from genai_stack.infra.pubsub.pubsub import PubSub

MESSAGE_ID_REUSED = "This message id was used for another message. Give each message its own id."

Chat = Row[str, str, str]
"""A session's id, workflow and title."""

# Locked, so that the same message sent twice at once is seen by the second.
_chat = (
    select(ChatSession.id, ChatSession.workflow_id, ChatSession.title)
    .where(ChatSession.id == bindparam("chat"), ChatSession.workspace_id == bindparam("workspace"))
    .with_for_update()
)
_message = select(
    MessageRow.workspace_id, MessageRow.session_id, MessageRow.content, MessageRow.role, MessageRow.run_id
).where(MessageRow.id == bindparam("message"))
_last_question = (
    select(MessageRow.id, MessageRow.position)
    .where(MessageRow.session_id == bindparam("chat"), MessageRow.role == "user")
    .order_by(MessageRow.position.desc())
    .limit(1)
)
_known_question = select(MessageRow.id).where(
    MessageRow.id == bindparam("message"), MessageRow.session_id == bindparam("chat"), MessageRow.role == "user"
)
_insert_message = insert(MessageRow)
_answered = (MessageRow.run_id == bindparam("answered"), MessageRow.role == "user")
_insert_answer = insert(MessageRow).values(
    position=select(MessageRow.position + 1).where(*_answered).scalar_subquery(),
    parent_id=select(MessageRow.id).where(*_answered).scalar_subquery(),
)
_touch = (
    update(ChatSession)
    .where(ChatSession.id == bindparam("chat"))
    .values(updated_at=bindparam("moment"), title=bindparam("name"))
)


def find(transaction: Transaction, scope: Scope, session_id: str) -> Chat:
    chat = transaction.execute(_chat, {"chat": session_id, "workspace": scope.workspace_id}).one_or_none()
    if chat is None:
        raise NotFound("There is no conversation with this id.")
    return chat


def asked_before(transaction: Transaction, scope: Scope, chat: Chat, message_id: str, content: str) -> str | None:
    """The run that the same message made when it came first."""
    message = transaction.execute(_message, {"message": message_id}).one_or_none()
    if message is None:
        return None
    same = (message.workspace_id, message.session_id, message.content, message.role)
    if same != (scope.workspace_id, chat.id, content, "user"):
        raise KeyReused(MESSAGE_ID_REUSED, code="MESSAGE_ID_REUSED")
    return message.run_id


def ask(
    transaction: Transaction,
    scope: Scope,
    runs: RunControl,
    pubsub: PubSub,
    chat: Chat,
    new: NewRun,
    message_id: str | None,
    parent_id: str | Literal["last"] | None = "last",
) -> str:
    """Store a person's message with its run; returns the run's id.

    `parent_id` is the question that it follows: the last one, another (a new branch), or None to begin anew.
    """
    last = transaction.execute(_last_question, {"chat": chat.id}).one_or_none()
    if parent_id == "last":
        parent_id = last.id if last else None
    elif parent_id is not None and not transaction.scalar(_known_question, {"message": parent_id, "chat": chat.id}):
        raise NotFound("This conversation has no question with the id that `parent_id` names.")
    message = MessageRow(
        id=message_id or new_id(),
        workspace_id=scope.workspace_id,
        session_id=chat.id,
        position=0 if last is None else last.position + 2,
        parent_id=parent_id,
        role="user",
        content=new.query,
        meta={},
        created_at=now(),
    )
    run_id = runs.submit(transaction, scope, new, MessageAccepted(chat_message(message)))
    message.run_id = run_id
    with transaction.pipeline():
        transaction.execute(_insert_message, _row(message))
        touched = {"chat": chat.id, "moment": message.created_at, "name": chat.title or titled(new.query)}
        transaction.execute(_touch, touched)
        pubsub.publish(transaction, [topic(chat.id)])
    return run_id


def topic(session_id: str) -> str:
    """What a session's sockets listen to, to be told of new runs."""
    return f"session:{session_id}"


def answered(run: RunAttempt, outcome: Outcome) -> tuple[ChatMessage | None, Sequence[tuple[Insert, dict[str, Any]]]]:
    """The assistant's message of a chat run, to be stored with the run's end."""
    if run.session_id is None:
        return None, ()
    message = MessageRow(
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
            "finish_reason": outcome.finish_reason,
            "error": msgspec.to_builtins(outcome.error),
            "thought": outcome.thought or run.attempt > 1,  # what an earlier attempt told is not looked up
            "thought_ms": outcome.thought_ms,
        },
        created_at=now(),
    )
    row = _row(message)
    row["answered"] = row["run_id"]
    del row["position"], row["parent_id"]
    return chat_message(message), ((_insert_answer, row),)


def _row(message: MessageRow) -> dict[str, Any]:
    return {
        "id": message.id,
        "workspace_id": message.workspace_id,
        "session_id": message.session_id,
        "run_id": message.run_id,
        "position": message.position,
        "parent_id": message.parent_id,
        "role": message.role,
        "content": message.content,
        "metadata": message.meta,
        "created_at": message.created_at,
    }
