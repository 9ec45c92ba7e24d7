"""Control of runs: start one, stop one, recover those that a dead process left."""

from genai_stack.engine.events import ENDED, Data
from genai_stack.errors import Overloaded
from genai_stack.features.runs import store as records
from genai_stack.features.runs.store import NewRun
from genai_stack.features.runs.tables import Run
from genai_stack.infra.database.database import Database, Transaction
from genai_stack.infra.database.scope import Scope
from genai_stack.infra.queue.queue import Job, Queue

RETRY_AFTER_SECONDS = 5.0  # after which who was turned away may ask again


class RunControl:
    """Runs are asked for in a request's transaction, and done by whoever serves the queue `runs`."""

    def __init__(self, database: Database, job_queue: Queue, *, most_waiting: int) -> None:
        self._database, self._queue = database, job_queue
        self._most_waiting = most_waiting

    def submit(self, transaction: Transaction, scope: Scope, new: NewRun, first: Data | None = None) -> str:
        """The run's row, its first event if there is one, and its job, in one transaction; returns the run's id."""
        if records.waiting(transaction, scope, self._most_waiting) >= self._most_waiting:
            raise Overloaded(
                f"{self._most_waiting:,} runs of this workspace are queued already. Try again when some have finished.",
                retry_after=RETRY_AFTER_SECONDS,
            )
        with transaction.pipeline():
            run_id = records.add(transaction, scope, new, first)
            self._queue.submit(transaction, _job(scope.workspace_id, run_id, new.session_id, new.workflow_id))
        return run_id

    async def cancel(self, scope: Scope, run_id: str) -> Run:
        """Ask a run to stop; one that has ended is left as it is."""
        async with self._database.write() as session:
            run = await records.get(session, scope, run_id)
            if run.status in ENDED:
                return run
            run.cancel_requested = True
        await self._queue.cancel("runs", run_id)
        return run

    async def recover(self) -> None:
        """Give the runs that have not ended, and that no worker has, to the workers again."""
        async with self._database.read() as session:
            left = await records.left_behind(session)
        jobs = [_job(run.workspace_id, run.id, run.session_id, run.workflow_id) for run in left]
        await self._queue.requeue_lost("runs", jobs)


def _job(workspace_id: str, run_id: str, session_id: str | None, workflow_id: str) -> Job:
    """The messages of a session run one after another; other runs have an ordering key of their own."""
    return Job("runs", run_id, workspace_id, session_id or run_id, session_id or workflow_id)
