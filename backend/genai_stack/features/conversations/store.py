"""Chat sessions and their messages, as they are stored."""

from collections.abc import Sequence

from sqlalchemy import Row, bindparam, delete, func, select

from genai_stack.engine.events import ChatMessage as Told
from genai_stack.errors import NotFound
from genai_stack.features.conversations.tables import ChatMessage, ChatSession
from genai_stack.infra.database.columns import now
from genai_stack.infra.database.database import ReadSession, Transaction, WriteSession
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
    found = await session.scalar(
        select(ChatSession).where(ChatSession.id == session_id, ChatSession.workspace_id == scope.workspace_id)
    )
    if found is None:
        raise NotFound("There is no chat session with this id.")
    return found


async def of_workflow(
    session: ReadSession, scope: Scope, workflow_id: str, skip: int, limit: int
) -> tuple[Sequence[ChatSession], int]:
    """Last used first, and how many there are."""
    mine = (ChatSession.workflow_id == workflow_id, ChatSession.workspace_id == scope.workspace_id)
    total = await session.scalar(select(func.count()).select_from(ChatSession).where(*mine))
    rows = await session.scalars(
        select(ChatSession)
        .where(*mine)
        .order_by(ChatSession.updated_at.desc(), ChatSession.id)
        .offset(skip)
        .limit(limit)
    )
    return rows.all(), total or 0


async def remove(session: WriteSession, scope: Scope, session_id: str) -> None:
    await get(session, scope, session_id)
    await session.execute(
        delete(ChatSession).where(ChatSession.id == session_id, ChatSession.workspace_id == scope.workspace_id)
    )


async def messages(
    session: ReadSession, scope: Scope, session_id: str, skip: int, limit: int
) -> tuple[Sequence[ChatMessage], int]:
    """Oldest first, and how many there are."""
    await get(session, scope, session_id)
    mine = (ChatMessage.session_id == session_id, ChatMessage.workspace_id == scope.workspace_id)
    total = await session.scalar(select(func.count()).select_from(ChatMessage).where(*mine))
    rows = await session.scalars(
        select(ChatMessage).where(*mine).order_by(ChatMessage.position).offset(skip).limit(limit)
    )
    return rows.all(), total or 0


_of_session = (
    ChatMessage.session_id == bindparam("session"),
    ChatMessage.workspace_id == bindparam("workspace"),
)
_place = select(func.max(ChatMessage.position)).where(*_of_session, ChatMessage.run_id == bindparam("run"))
_earlier = (
    select(ChatMessage.role, ChatMessage.content, ChatMessage.position)
    .where(*_of_session, ChatMessage.position < func.coalesce(_place.scalar_subquery(), 0))
    .order_by(ChatMessage.position.desc())
    .limit(bindparam("most"))
)


def turns_before(transaction: Transaction, scope: Scope, session_id: str, run_id: str, most: int) -> list[Turn]:
    """The answered questions before that of a run, oldest first: at most so many messages."""
    asked = {"session": session_id, "workspace": scope.workspace_id, "run": run_id, "most": most}
    turns: list[Turn] = []
    answer: Row[str, str, int] | None = None
    for message in transaction.execute(_earlier, asked):
        if message.role == "assistant":
            answer = message
        elif answer is not None and answer.content and answer.position == message.position + 1:
            turns.append(Turn(message.content, answer.content))
    return turns[::-1]


def titled(question: str) -> str:
    """A name for a session, from its first question."""
    line = " ".join(question.split())
    if len(line) <= TITLE:
        return line
    return line[:TITLE].rsplit(" ", 1)[0].rstrip(",.;:–-") + "…"


def told(message: ChatMessage) -> Told:
    """A stored message as events and answers show it."""
    role = "assistant" if message.role == "assistant" else "user"
    at = message.created_at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return Told(message.id, role, message.content, at, message.meta)
