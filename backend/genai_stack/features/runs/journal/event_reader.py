"""The table of events, read: by one reader on SQLite, for all who ask at once on PostgreSQL."""

import asyncio
from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import Integer, bindparam, select, text
from sqlalchemy.dialects.postgresql import ARRAY, UUID

from genai_stack.features.runs.journal.run_log import LoggedEvent
from genai_stack.features.runs.tables import Event
from genai_stack.infra.database.database import Database
from genai_stack.infra.database.scope import Scope

EVENTS_PER_READ = 500  # events of one run that are read at once
READERS_PER_QUERY = 200  # readers that share a query

_later = (
    select(Event.seq, Event.type, Event.body)
    .where(
        Event.run_id == bindparam("run"),
        Event.workspace_id == bindparam("workspace"),
        Event.seq > bindparam("after"),
    )
    .order_by(Event.seq)
    .limit(EVENTS_PER_READ)
)
_ids = ARRAY(UUID(as_uuid=False))
_later_of_all = text("""
    SELECT asked.number, found.seq, found.type, found.body
    FROM unnest(:runs, :workspaces, :afters) WITH ORDINALITY AS asked (run_id, workspace_id, after, number)
    CROSS JOIN LATERAL (
        SELECT seq, type, body FROM events
        WHERE run_id = asked.run_id AND workspace_id = asked.workspace_id AND seq > asked.after
        ORDER BY seq LIMIT :page
    ) AS found
    ORDER BY asked.number, found.seq
""").bindparams(
    bindparam("runs", type_=_ids),
    bindparam("workspaces", type_=_ids),
    bindparam("afters", type_=ARRAY(Integer())),
    page=EVENTS_PER_READ,
)


class _Asked(NamedTuple):
    run_id: str
    workspace_id: str
    after: int
    answer: "asyncio.Future[list[LoggedEvent]]"


class EventLog:
    """Up to a page of a run's events. Whoever asks while others are being answered shares the next query."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._asked: list[_Asked] = []
        self._reading: asyncio.Task[None] | None = None

    async def since(self, scope: Scope, run_id: str, after: int) -> list[LoggedEvent]:
        if self._database.is_sqlite:
            asked = {"run": run_id, "workspace": scope.workspace_id, "after": after}
            rows = await self._database.run_read(lambda tx: tx.execute(_later, asked).all())
            return [LoggedEvent(row.seq, row.type, row.body) for row in rows]
        answer: asyncio.Future[list[LoggedEvent]] = asyncio.get_running_loop().create_future()
        self._asked.append(_Asked(run_id, scope.workspace_id, after, answer))
        if self._reading is None:
            self._reading = asyncio.create_task(self._read_on())
        return await answer

    async def _read_on(self) -> None:
        try:
            while self._asked:
                group, self._asked = self._asked[:READERS_PER_QUERY], self._asked[READERS_PER_QUERY:]
                await self._answer([asked for asked in group if not asked.answer.done()])
        finally:
            self._reading = None

    async def _answer(self, group: Sequence[_Asked]) -> None:
        try:
            found = await self._read(group)
        except Exception as error:  # noqa: BLE001 (told to each who asked)
            for asked in group:
                if not asked.answer.done():
                    asked.answer.set_exception(error)
            return
        for asked, frames in zip(group, found, strict=True):
            if not asked.answer.done():
                asked.answer.set_result(frames)

    async def _read(self, group: Sequence[_Asked]) -> list[list[LoggedEvent]]:
        asked: dict[str, Any] = {
            "runs": [one.run_id for one in group],
            "workspaces": [one.workspace_id for one in group],
            "afters": [one.after for one in group],
        }
        rows = await self._database.run_read(lambda tx: tx.execute(_later_of_all, asked).all())
        found: list[list[LoggedEvent]] = [[] for _ in group]
        for row in rows:
            number: int = row.number
            found[number - 1].append(LoggedEvent(row.seq, row.type, row.body))
        return found
