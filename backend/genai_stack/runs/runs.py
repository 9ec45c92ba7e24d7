"""What others ask of runs: start one, stop one, take up those that a dead process left."""

from typing import Any

from genai_stack.engine.events import ENDED
from genai_stack.runs import records
from genai_stack.storage.database import Database, WriteSession
from genai_stack.storage.scope import Scope
from genai_stack.storage.tables import Run
from genai_stack.work.dispatch import Dispatch, Job
from genai_stack.work.wake import Wake


class Runs:
    """Runs are asked for in a request's transaction, and done by whoever serves the queue `runs`."""

    def __init__(self, database: Database, dispatch: Dispatch, wake: Wake) -> None:
        self._database, self._dispatch, self._wake = database, dispatch, wake

    async def submit(self, session: WriteSession, scope: Scope, new: records.NewRun, first: Any = None) -> Run:
        """The run's row, its first event if there is one, and its job, in the session's transaction."""
        run = await records.add(session, scope, new)
        if first is not None:
            await records.add_first_event(session, run, first)
        await self._dispatch.submit(session, job_of(run))
        return run

    async def cancel(self, scope: Scope, run_id: str) -> Run:
        """Ask a run to stop; one that has ended is left as it is."""
        async with self._database.write() as session:
            run = await records.get(session, scope, run_id)
            if run.status in ENDED:
                return run
            run.cancel_requested = True
        await self._dispatch.cancel("runs", run_id)
        return run

    async def take_up(self) -> None:
        """Give every run that has not ended to the workers again: called once, when this process starts."""
        async with self._database.read() as session:
            left = await records.left_behind(session)
        if left:
            async with self._database.write() as session:
                for run in left:
                    await self._dispatch.submit(session, job_of(run))


def job_of(run: Run) -> Job:
    """The messages of a session run one after another; other runs have a lane, and a turn, of their own."""
    lane = run.session_id or run.id
    return Job("runs", run.id, run.workspace_id, lane, run.session_id or run.workflow_id)
