"""The worker of runs: claims a run, executes its plan, and writes how it ended."""

import asyncio
from collections import OrderedDict
from typing import Any

import msgspec
import structlog

from genai_stack.engine.catalog import Catalog
from genai_stack.engine.events import Answer, RunFinished, RunStarted, Trouble
from genai_stack.engine.execution.execution import Execution
from genai_stack.engine.execution.frame import Checkpoint
from genai_stack.engine.execution.outcome import Outcome
from genai_stack.engine.graph import Graph
from genai_stack.engine.plan import Plan
from genai_stack.engine.validate import errors_in, validate
from genai_stack.errors import Busy, NotFound
from genai_stack.features.runs import messages
from genai_stack.features.runs import store as records
from genai_stack.features.runs.journal.checkpoint import read_checkpoint
from genai_stack.features.runs.journal.journal import Journal, StaleAttempt
from genai_stack.features.runs.journal.run_log import RunEnd, RunLog
from genai_stack.features.runs.node_context import NodeContexts
from genai_stack.features.runs.store import RunAttempt
from genai_stack.features.runs.tracing import TracedRun
from genai_stack.features.workflows import store as workflows
from genai_stack.infra.database.columns import now
from genai_stack.infra.database.database import Database
from genai_stack.infra.database.scope import Scope
from genai_stack.infra.queue.queue import Job
from genai_stack.infra.telemetry import logs, metrics
from genai_stack.infra.telemetry.spans import Spans
from genai_stack.nodes.context import NodeContext

DATABASE_RETRY_SECONDS = 1.0  # before a run is tried again that the database was away for
CACHED_PLANS = 256  # compiled versions of workflows that are kept at hand

CANCELLED_OUTCOME = Outcome("cancelled", None, [], {}, None)
CRASHED_MESSAGE = "The run failed with an unexpected error. The server's log has the details."
OUTDATED_MESSAGE = "This version of the stack can no longer run. Open the stack, fix its problems and save it."

log = structlog.get_logger(__name__)


class RunWorker:
    """The worker of the queue `runs`."""

    def __init__(
        self,
        database: Database,
        journal: Journal,
        catalog: Catalog,
        node_contexts: NodeContexts,
        spans: Spans | None = None,
    ) -> None:
        self._database, self._journal, self._catalog = database, journal, catalog
        self._node_contexts, self._spans = node_contexts, spans
        self._plans: OrderedDict[tuple[str, int], Plan] = OrderedDict()

    async def work(self, job: Job) -> None:
        """Sees a run to its end, or hands it back: never leaves it as if it were still running."""
        with logs.about(run_id=job.id, workspace_id=job.workspace_id):
            await self._work_on(job)

    async def _work_on(self, job: Job) -> None:
        while True:
            try:
                await self._work(job)
            except Busy:
                log.exception("run.waits_for_storage")
            else:
                return
            try:
                await asyncio.sleep(DATABASE_RETRY_SECONDS)
            except asyncio.CancelledError:
                await self._work(job)
                raise

    async def _work(self, job: Job) -> None:
        scope = Scope(job.workspace_id)
        claiming = asyncio.ensure_future(self._database.run_write(lambda tx: records.claim(tx, scope, job.id)))
        try:
            run = await asyncio.shield(claiming)
            stopped = False
        except asyncio.CancelledError:
            run = await claiming
            stopped = True
        if run is None:
            return
        metrics.run_began((run.started_at - run.created_at).total_seconds() if run.attempt == 1 else None)
        run_log = self._journal.open(scope, run.id, run.attempt, run.last_seq)
        try:
            if stopped:
                await self._after_stop(scope, run, run_log, None)
            elif run.cancel_requested:
                await self._end(run_log, run, CANCELLED_OUTCOME)
            elif run.crashed_attempts >= records.MAX_CRASHED_ATTEMPTS:
                reason = f"The run failed: {run.crashed_attempts} workers stopped unexpectedly while they executed it."
                await self._end(run_log, run, _failed("RUN_LOST", reason))
            else:
                await self._attempt(scope, run, run_log)
        except (StaleAttempt, NotFound):
            log.warning("run.fenced", attempt=run.attempt)
            metrics.run_fenced()
        except Busy:
            raise
        except Exception:
            log.exception("run.crashed")
            await self._fail_crashed(scope, run, run_log)
        finally:
            self._journal.shut(run_log)

    async def _fail_crashed(self, scope: Scope, run: RunAttempt, run_log: RunLog) -> None:
        """After an error that nobody foresaw: what could not be written is left out, the end is not."""
        self._journal.shut(run_log)
        last_seq = await self._database.run_read(lambda tx: records.last_seq(tx, run.id))
        fresh = self._journal.open(scope, run.id, run.attempt, last_seq)
        try:
            await self._end(fresh, run, _failed("RUN_CRASHED", CRASHED_MESSAGE))
        finally:
            self._journal.shut(fresh)

    async def _attempt(self, scope: Scope, run: RunAttempt, run_log: RunLog) -> None:
        if self._spans is None:
            await self._perform(scope, run, run_log, None)
            return
        with TracedRun(self._spans, run, run_log) as traced:
            await self._perform(scope, run, run_log, traced)

    async def _perform(self, scope: Scope, run: RunAttempt, run_log: RunLog, traced: TracedRun | None) -> None:
        execution: Execution[NodeContext] | None = None
        try:
            plan = await self._plan(scope, run)
            if plan is None:
                await self._end(run_log, run, _failed("INVALID_GRAPH", OUTDATED_MESSAGE))
                return
            execution = await self._prepared(scope, run, run_log, plan, traced)
            outcome = await execution.run()
        except asyncio.CancelledError:
            await self._after_stop(scope, run, run_log, execution)
        else:
            await self._end(run_log, run, outcome)

    async def _prepared(
        self, scope: Scope, run: RunAttempt, run_log: RunLog, plan: Plan, traced: TracedRun | None
    ) -> Execution[NodeContext]:
        checkpoint = Checkpoint()
        if run.attempt > 1:
            async with self._database.read() as session:
                checkpoint = await read_checkpoint(session, scope, run.id, plan)
        if not checkpoint.started:
            run_log.write(None, RunStarted(run.workflow_id, run.version, plan.described()))
        context_for = self._node_contexts.of_run(run, traced.span_of if traced else None)
        return Execution(plan, traced or run_log, context_for, checkpoint)

    async def _after_stop(
        self, scope: Scope, run: RunAttempt, run_log: RunLog, execution: Execution[NodeContext] | None
    ) -> None:
        """A person stopped the run, or this process ends: then the run is handed back."""
        async with self._database.read() as session:
            asked = (await records.get(session, scope, run.id)).cancel_requested
        if asked:
            if execution:
                execution.write_stopped()
            await self._end(run_log, run, execution.outcome() if execution else CANCELLED_OUTCOME)
            return
        await run_log.settled()
        async with self._database.write() as session:
            await records.release(session, scope, run.id, run.attempt)

    async def _configuration(self, scope: Scope, workflow_id: str, version: int) -> dict[str, Any]:
        async with self._database.read() as session:
            return (await workflows.version(session, scope, workflow_id, version)).configuration

    async def _plan(self, scope: Scope, run: RunAttempt) -> Plan | None:
        """The run's compiled version; None when it was valid once and is no more, as after an upgrade."""
        key = (run.workflow_id, run.version)
        if key not in self._plans:
            configuration = await self._configuration(scope, *key)
            if key not in self._plans:  # of many runs that begin at once, one compiles it
                graph = Graph.model_validate(configuration)
                if errors_in(validate(graph, self._catalog, None)):
                    return None
                self._plans[key] = Plan(graph, self._catalog)
                if len(self._plans) > CACHED_PLANS:
                    self._plans.popitem(last=False)
        self._plans.move_to_end(key)
        return self._plans[key]

    async def _end(self, run_log: RunLog, run: RunAttempt, outcome: Outcome) -> None:
        """The whole answer, the last event, the run's row and the chat's message: one commit."""
        ended = now()
        message, rows = messages.answered(run, outcome)
        if outcome.answer is not None:
            complete = outcome.status == "succeeded" and outcome.finish_reason is None
            answer = Answer(
                outcome.answer, outcome.sources, outcome.usage, complete, message, finish_reason=outcome.finish_reason
            )
            run_log.write(None, answer)
        duration = round((ended - run.started_at).total_seconds() * 1000, 3)
        values = {
            "status": outcome.status,
            "answer": outcome.answer,
            "sources": msgspec.to_builtins(outcome.sources),
            "usage": outcome.usage,
            "finish_reason": outcome.finish_reason,
            "error": msgspec.to_builtins(outcome.error),
            "finished_at": ended,
        }
        run_log.end(RunFinished(outcome.status, outcome.error, duration, outcome.usage), RunEnd(values, rows))
        await run_log.settled()
        metrics.run_ended(outcome.status, duration / 1000)
        if (failure := outcome.error) is not None:
            log.warning("run.failed", code=failure.code, reason=failure.message, node_id=failure.node_id)


def _failed(code: str, message: str) -> Outcome:
    return Outcome("failed", None, [], {}, Trouble(code, message))
