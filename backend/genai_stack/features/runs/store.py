"""The rows of runs: made, found, taken up."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, get_args

from sqlalchemy import bindparam, case, func, insert, select, update

from genai_stack.engine.events import ENDED, Data, RunStatus
from genai_stack.errors import KeyReused, NotFound
from genai_stack.features.runs.event_encoding import event_body
from genai_stack.features.runs.tables import Event, Run
from genai_stack.infra.database.columns import Moment, new_id, now
from genai_stack.infra.database.database import ReadSession, Transaction, WriteSession
from genai_stack.infra.database.listing import page_of
from genai_stack.infra.database.row_counts import row_count
from genai_stack.infra.database.scope import Scope

UNENDED_STATUSES = [status for status in get_args(RunStatus) if status not in ENDED]
MAX_CRASHED_ATTEMPTS = 3  # attempts that may die before a run is reported failed


@dataclass(frozen=True, slots=True)
class NewRun:
    """What a run is asked. `request_hash` tells whether a repeated `idempotency_key` asks the same."""

    workflow_id: str
    version: int
    query: str
    session_id: str | None = None
    idempotency_key: str | None = None
    request_hash: bytes | None = None


@dataclass(frozen=True, slots=True)
class RunAttempt:
    """A run that was taken up, as its worker needs it."""

    id: str
    workspace_id: str
    workflow_id: str
    version: int
    session_id: str | None
    query: str
    attempt: int
    crashed_attempts: int
    cancel_requested: bool
    created_at: datetime
    started_at: datetime
    last_seq: int


_insert_run = insert(Run)
_insert_event = insert(Event)


def add(transaction: Transaction, scope: Scope, new: NewRun, first: Data | None = None) -> str:
    """The new run's id. `first` is an event that is there before the run has started."""
    run_id, moment = new_id(), now()
    row = {
        "id": run_id,
        "workspace_id": scope.workspace_id,
        "workflow_id": new.workflow_id,
        "version": new.version,
        "session_id": new.session_id,
        "query": new.query,
        "idempotency_key": new.idempotency_key,
        "request_hash": new.request_hash,
        "created_at": moment,
    }
    transaction.execute(_insert_run, row)
    if first is not None:
        body = event_body(run_id, 1, None, moment.timestamp(), first)
        event = {"run_id": run_id, "seq": 1, "workspace_id": scope.workspace_id, "type": first.event, "body": body}
        transaction.execute(_insert_event, event)
    return run_id


_waiting = select(func.count()).select_from(
    select(Run.id)
    .where(Run.workspace_id == bindparam("workspace"), Run.status == "queued")
    .limit(bindparam("most"))
    .subquery()
)


def waiting(transaction: Transaction, scope: Scope, most: int) -> int:
    """How many runs of the workspace wait to be taken up; counted to `most` only."""
    return transaction.scalar(_waiting, {"workspace": scope.workspace_id, "most": most}) or 0


async def get(session: ReadSession, scope: Scope, run_id: str) -> Run:
    run = await session.scalar(select(Run).where(Run.id == run_id, Run.of(scope)))
    if run is None:
        raise NotFound("There is no run with this id.")
    return run


_whole = select(*Run.__table__.columns).where(Run.id == bindparam("run"), Run.workspace_id == bindparam("workspace"))


def read(transaction: Transaction, scope: Scope, run_id: str) -> dict[str, Any]:
    """A run's row, by column; NotFound where the workspace has none of this id."""
    row = transaction.execute(_whole, {"run": run_id, "workspace": scope.workspace_id}).mappings().one_or_none()
    if row is None:
        raise NotFound("There is no run with this id.")
    return dict(row)


_status = select(Run.status).where(Run.id == bindparam("run"), Run.workspace_id == bindparam("workspace"))


def status(transaction: Transaction, scope: Scope, run_id: str) -> str | None:
    return transaction.scalar(_status, {"run": run_id, "workspace": scope.workspace_id})


async def of_workflow(
    session: ReadSession, scope: Scope, workflow_id: str, skip: int, limit: int
) -> tuple[Sequence[Run], int]:
    """Newest first, and how many there are."""
    mine = (Run.workflow_id == workflow_id, Run.of(scope))
    total = await row_count(session, scope, workflow_id, "runs")
    keys = (Run.created_at, Run.id)
    return await page_of(session, select(Run).where(*mine), keys, total, skip, limit, descending=True), total


_by_key = select(Run.id, Run.request_hash).where(
    Run.workflow_id == bindparam("workflow"), Run.idempotency_key == bindparam("key")
)


def with_key(transaction: Transaction, workflow_id: str, key: str, request_hash: bytes) -> str | None:
    """The run that this idempotency key made; an error if it asked something else. The workflow is of the scope."""
    run = transaction.execute(_by_key, {"workflow": workflow_id, "key": key}).one_or_none()
    if run is None:
        return None
    if run.request_hash != request_hash:
        raise KeyReused("This Idempotency-Key was used for another request. Use a new key for a new request.")
    return run.id


async def active_of_session(session: ReadSession, scope: Scope, session_id: str) -> Run | None:
    """The oldest run of a chat session that has not ended."""
    return await session.scalar(
        select(Run)
        .where(Run.session_id == session_id, Run.of(scope), Run.status.not_in(ENDED))
        .order_by(Run.created_at)
        .limit(1)
    )


_since = (
    select(Run.id)
    .where(
        Run.session_id == bindparam("session"),
        Run.workspace_id == bindparam("workspace"),
        Run.created_at > bindparam("moment", type_=Moment()),
    )
    .order_by(Run.created_at)
)


def of_session_since(transaction: Transaction, scope: Scope, session_id: str, moment: datetime) -> Sequence[str]:
    """The ids of a chat session's runs that were asked for after a moment, oldest first."""
    asked = {"session": session_id, "workspace": scope.workspace_id, "moment": moment}
    return transaction.execute(_since, asked).scalars().all()


async def unended_of_workflow(session: ReadSession, scope: Scope, workflow_id: str) -> Sequence[str]:
    mine = (Run.workflow_id == workflow_id, Run.of(scope))
    return (await session.scalars(select(Run.id).where(*mine, Run.status.not_in(ENDED)))).all()


async def left_behind(session: ReadSession) -> Sequence[Run]:
    """Every run that has not ended, oldest first: for the process that takes them up again."""
    return (await session.scalars(select(Run).where(Run.status.not_in(ENDED)).order_by(Run.created_at))).all()


_unended = (
    select(Run.status, func.count(), func.min(Run.created_at, type_=Moment()))
    .where(Run.status.in_(UNENDED_STATUSES))
    .group_by(Run.status)
)


def unended(transaction: Transaction) -> dict[str, tuple[int, datetime]]:
    """Of all workspaces, by status: how many runs have not ended, and when the oldest was asked for."""
    return {status: (count, oldest) for status, count, oldest in transaction.execute(_unended)}


_claim = (
    update(Run)
    .where(Run.id == bindparam("run"), Run.workspace_id == bindparam("workspace"), Run.status.not_in(ENDED))
    .values(
        attempt=Run.attempt + 1,
        crashed_attempts=Run.crashed_attempts + case((Run.status == "running", 1), else_=0),
        status="running",
        started_at=func.coalesce(Run.started_at, bindparam("moment", type_=Moment())),
    )
    .returning(
        Run.id, Run.workspace_id, Run.workflow_id, Run.version, Run.session_id, Run.query, Run.attempt,
        Run.crashed_attempts, Run.cancel_requested, Run.created_at, Run.started_at,
    )
)  # fmt: skip
_greatest_seq = select(func.max(Event.seq)).where(Event.run_id == bindparam("run"))


def claim(transaction: Transaction, scope: Scope, run_id: str) -> RunAttempt | None:
    """Take a run up as its next attempt; None when it has ended or is gone."""
    asked = {"run": run_id, "workspace": scope.workspace_id, "moment": now()}
    row = transaction.execute(_claim, asked).one_or_none()
    if row is None:
        return None
    fresh = row.attempt == 1
    return RunAttempt(*row, last_seq=(row.session_id is not None) if fresh else last_seq(transaction, run_id))


def last_seq(transaction: Transaction, run_id: str) -> int:
    return transaction.scalar(_greatest_seq, {"run": run_id}) or 0


async def release(session: WriteSession, scope: Scope, run_id: str, attempt: int) -> None:
    """Let another worker take the run up, without counting this attempt as lost."""
    mine = (Run.id == run_id, Run.attempt == attempt, Run.of(scope))
    await session.execute(update(Run).where(*mine, Run.status == "running").values(status="queued"))


async def bodies(
    session: ReadSession, scope: Scope, run_id: str, after: int, skip: int, limit: int
) -> tuple[Sequence[str], int]:
    """A run's events later than `after`, as they were sent, and how many there are."""
    mine = (Event.run_id == run_id, Event.of(scope), Event.seq > after)
    total = await session.scalar(select(func.count()).select_from(Event).where(*mine))
    rows = await session.scalars(select(Event.body).where(*mine).order_by(Event.seq).offset(skip).limit(limit))
    return rows.all(), total or 0
