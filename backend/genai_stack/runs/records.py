"""The rows of runs: made, found, taken up."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select, update

from genai_stack.engine.events import ENDED
from genai_stack.errors import KeyReused, NotFound
from genai_stack.runs.previews import event_body
from genai_stack.storage.columns import new_id, now
from genai_stack.storage.database import ReadSession, WriteSession
from genai_stack.storage.scope import Scope
from genai_stack.storage.tables import Event, Run

MOST_LOST = 3  # attempts that may die before a run is reported failed


@dataclass(frozen=True, slots=True)
class NewRun:
    """What a run is asked. `request_hash` tells whether a repeated `idempotency_key` asks the same."""

    workflow_id: str
    version: int
    query: str
    session_id: str | None = None
    idempotency_key: str | None = None
    request_hash: bytes | None = None


async def add(session: WriteSession, scope: Scope, new: NewRun, run_id: str | None = None) -> Run:
    run = Run(
        id=run_id or new_id(),
        workspace_id=scope.workspace_id,
        workflow_id=new.workflow_id,
        version=new.version,
        session_id=new.session_id,
        query=new.query,
        idempotency_key=new.idempotency_key,
        request_hash=new.request_hash,
        status="queued",
        attempt=0,
        lost=0,
        cancel_requested=False,
        sources=[],
        usage={},
        created_at=now(),
    )
    session.add(run)
    await session.flush()
    return run


async def add_first_event(session: WriteSession, run: Run, data: Any) -> None:
    """An event that is there before the run has started."""
    body = event_body(run.id, 1, None, run.created_at.timestamp(), data)
    row = {"run_id": run.id, "seq": 1, "workspace_id": run.workspace_id, "type": data.event, "body": body}
    await session.execute(insert(Event).values(row))


async def get(session: ReadSession, scope: Scope, run_id: str) -> Run:
    run = await session.scalar(select(Run).where(Run.id == run_id, Run.workspace_id == scope.workspace_id))
    if run is None:
        raise NotFound("There is no run with this id.")
    return run


async def of_workflow(
    session: ReadSession, scope: Scope, workflow_id: str, skip: int, limit: int
) -> tuple[Sequence[Run], int]:
    """Newest first, and how many there are."""
    mine = (Run.workflow_id == workflow_id, Run.workspace_id == scope.workspace_id)
    total = await session.scalar(select(func.count()).select_from(Run).where(*mine))
    rows = await session.scalars(select(Run).where(*mine).order_by(Run.created_at.desc()).offset(skip).limit(limit))
    return rows.all(), total or 0


async def with_key(session: ReadSession, scope: Scope, workflow_id: str, key: str, request_hash: bytes) -> Run | None:
    """The run that this idempotency key made; an error if it asked something else."""
    run = await session.scalar(
        select(Run).where(
            Run.workflow_id == workflow_id, Run.idempotency_key == key, Run.workspace_id == scope.workspace_id
        )
    )
    if run is not None and run.request_hash != request_hash:
        raise KeyReused("This Idempotency-Key was used for another request. Use a new key for a new request.")
    return run


async def active_of_session(session: ReadSession, scope: Scope, session_id: str) -> Run | None:
    """The oldest run of a chat session that has not ended."""
    return await session.scalar(
        select(Run)
        .where(Run.session_id == session_id, Run.workspace_id == scope.workspace_id, Run.status.not_in(ENDED))
        .order_by(Run.created_at)
        .limit(1)
    )


async def of_session_since(session: ReadSession, scope: Scope, session_id: str, moment: datetime) -> Sequence[str]:
    """The ids of a chat session's runs that were asked for after a moment, oldest first."""
    mine = (Run.session_id == session_id, Run.workspace_id == scope.workspace_id)
    rows = await session.scalars(select(Run.id).where(*mine, Run.created_at > moment).order_by(Run.created_at))
    return rows.all()


async def unended_of_workflow(session: ReadSession, scope: Scope, workflow_id: str) -> Sequence[str]:
    mine = (Run.workflow_id == workflow_id, Run.workspace_id == scope.workspace_id)
    return (await session.scalars(select(Run.id).where(*mine, Run.status.not_in(ENDED)))).all()


async def left_behind(session: ReadSession) -> Sequence[Run]:
    """Every run that has not ended, oldest first: for the process that takes them up again."""
    return (await session.scalars(select(Run).where(Run.status.not_in(ENDED)).order_by(Run.created_at))).all()


async def claim(session: WriteSession, scope: Scope, run_id: str) -> Run | None:
    """Take a run up as its next attempt; None when it has ended or is gone."""
    run = await session.scalar(
        select(Run).where(Run.id == run_id, Run.workspace_id == scope.workspace_id).with_for_update()
    )
    if run is None or run.status in ENDED:
        return None
    run.lost += run.status == "running"
    run.attempt += 1
    run.status = "running"
    run.started_at = run.started_at or now()
    await session.flush()
    return run


async def hand_back(session: WriteSession, scope: Scope, run_id: str, attempt: int) -> None:
    """Let another worker take the run up, without counting this attempt as lost."""
    mine = (Run.id == run_id, Run.attempt == attempt, Run.workspace_id == scope.workspace_id)
    await session.execute(update(Run).where(*mine, Run.status == "running").values(status="queued"))


async def last_seq(session: ReadSession, scope: Scope, run_id: str) -> int:
    mine = (Event.run_id == run_id, Event.workspace_id == scope.workspace_id)
    return await session.scalar(select(func.max(Event.seq)).where(*mine)) or 0


async def bodies(
    session: ReadSession, scope: Scope, run_id: str, after: int, skip: int, limit: int
) -> tuple[Sequence[str], int]:
    """A run's events later than `after`, as they were sent, and how many there are."""
    mine = (Event.run_id == run_id, Event.workspace_id == scope.workspace_id, Event.seq > after)
    total = await session.scalar(select(func.count()).select_from(Event).where(*mine))
    rows = await session.scalars(select(Event.body).where(*mine).order_by(Event.seq).offset(skip).limit(limit))
    return rows.all(), total or 0
