"""Lifespan of a server process and of a worker process: what each starts, and in which order it stops."""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager

from genai_stack.api.http.access_rules import is_open_to_others
from genai_stack.api.http.dependencies import Dependencies
from genai_stack.app.container import build, days, queue_worker
from genai_stack.app.process_state import ProcessState
from genai_stack.app.settings import Settings
from genai_stack.errors import CannotStart
from genai_stack.features.knowledge.cleanup import Cleanup
from genai_stack.features.runs.version_pruning import prune_all
from genai_stack.features.workflows.summarizing import summarize_all
from genai_stack.infra.database.scope import THE_WORKSPACE
from genai_stack.infra.queue.in_process import InProcessQueue
from genai_stack.infra.queue.queue import PeriodicTask, Worker


@asynccontextmanager
async def server(settings: Settings) -> AsyncGenerator[Dependencies]:
    """A server, started; everything is taken down in reverse order afterwards."""
    async with AsyncExitStack() as stack:
        private = not is_open_to_others(settings.host, settings.let_in)
        deps = await build(settings, stack, private_upstreams=private)
        queue = deps.jobs.queue
        if isinstance(queue, InProcessQueue):
            stack.push_async_callback(queue.close)
            await deps.runs.control.recover()
            await deps.knowledge.deletion.resume(THE_WORKSPACE)
            await deps.knowledge.ingestion.resume(THE_WORKSPACE, queue)
            await _start(queue, settings, deps)
        yield deps


@asynccontextmanager
async def worker(settings: Settings) -> AsyncGenerator[Dependencies]:
    """A worker of the distributed queue, started; everything is taken down in reverse order afterwards."""
    if not settings.is_distributed:
        raise CannotStart(
            "Workers are for servers with GENAI_STACK_DISPATCH=distributed; otherwise `genai-stack serve` "
            "executes the runs itself."
        )
    async with AsyncExitStack() as stack:
        deps = await build(settings, stack, private_upstreams=settings.worker_private_upstreams)
        worker = queue_worker(settings, deps)

        async def requeue_lost() -> None:
            await deps.runs.control.recover()
            await deps.knowledge.ingestion.resume(THE_WORKSPACE, deps.jobs.queue)
            await deps.knowledge.deletion.sweep(THE_WORKSPACE)

        tasks = [PeriodicTask("requeue_lost", 1, requeue_lost), PeriodicTask("tidy_queue", 60, worker.tidy)]
        stack.push_async_callback(worker.close)
        await _start(worker, settings, deps, tasks)
        await requeue_lost()
        yield deps


async def _start(
    worker: Worker, settings: Settings, deps: Dependencies, tasks: list[PeriodicTask] | None = None
) -> None:
    assert isinstance(deps.process, ProcessState)
    deps.process.worker = worker
    worker.schedule([*(tasks or []), *_periodic_tasks(settings, deps)])
    await worker.start()


def _periodic_tasks(settings: Settings, deps: Dependencies) -> list[PeriodicTask]:
    """Removal of what is past its time, and of what nobody needs any more."""
    cleanup = Cleanup(deps.database, deps.knowledge.deletion, keep_originals=days(settings.keep_originals_days))

    async def summarize() -> None:
        await summarize_all(deps.database, deps.catalog)

    return [
        PeriodicTask("tidy_runs", 1, deps.runs.retention.tidy),
        PeriodicTask("tidy_documents", 30, lambda: cleanup.tidy(THE_WORKSPACE)),
        PeriodicTask("prune_versions", 60, lambda: prune_all(deps.database)),
        PeriodicTask("summarize_workflows", 1, summarize),
    ]
