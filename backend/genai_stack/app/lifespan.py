"""A server's and a worker's process: what each starts, how it stands, and how it is left."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from sqlalchemy import text

from genai_stack.api.http.access_rules import LOCAL, Doors
from genai_stack.api.http.dependencies import Given, Readiness
from genai_stack.app.container import House, build, crew_of, days
from genai_stack.app.settings import Settings
from genai_stack.engine.graph import Limits
from genai_stack.errors import Busy, CannotStart
from genai_stack.features.knowledge.cleanup import Orphans
from genai_stack.features.knowledge.retrieval.index import Index
from genai_stack.features.knowledge.uploads import Uploads
from genai_stack.features.runs.event_stream import Feed
from genai_stack.features.runs.start import Questions
from genai_stack.features.runs.version_pruning import prune_all
from genai_stack.infra.database.database import Database
from genai_stack.infra.database.scope import THE_WORKSPACE
from genai_stack.infra.pubsub.pubsub import Wake
from genai_stack.infra.queue.queue import Chore, Hands
from genai_stack.infra.telemetry.page import Page


@dataclass(frozen=True, slots=True)
class Station:
    """A worker's process: how it stands, and how it is left."""

    readiness: Readiness
    leave: Callable[[], Awaitable[None]]
    metrics: Page


@asynccontextmanager
async def opened(settings: Settings) -> AsyncGenerator[Given]:
    """Everything that the routes are given, started; taken down in reverse order afterwards."""
    async with AsyncExitStack() as stack:
        house = await build(settings, stack)
        hands = house.own_hands
        if hands is not None:
            stack.push_async_callback(hands.close)
            await house.runs.take_up()
            await house.removal.resume(THE_WORKSPACE)
            await house.ingestion.resume(THE_WORKSPACE, house.dispatch)
            hands.keep(_chores(settings, house))
            await hands.start()
        yield _given(settings, house, _Standing(house, hands, settings))


@asynccontextmanager
async def at_work(settings: Settings) -> AsyncGenerator[Station]:
    """A worker of the distributed dispatch, started; taken down in reverse order afterwards."""
    if not settings.is_distributed:
        raise CannotStart(
            "A worker works for servers with GENAI_STACK_DISPATCH=distributed; otherwise `genai-stack serve` does the "
            "runs itself."
        )
    async with AsyncExitStack() as stack:
        house = await build(settings, stack)
        crew = crew_of(settings, house)

        async def make_good() -> None:
            await house.runs.take_up()
            await house.ingestion.resume(THE_WORKSPACE, house.dispatch)
            await house.removal.sweep(THE_WORKSPACE)

        crew.keep([Chore("make_good", 1, make_good), *_chores(settings, house), Chore("tidy_queue", 60, crew.tidy)])
        await crew.start()
        stack.push_async_callback(crew.close)
        await make_good()
        standing = _Standing(house, crew, settings)
        yield Station(standing.parts, standing.leave, house.metrics)


def _chores(settings: Settings, house: House) -> list[Chore]:
    """What goes after its time, and what nobody needs any more."""
    orphans = Orphans(house.database, house.removal, keep_originals=days(settings.keep_originals_days))
    return [
        Chore("tidy_runs", 1, house.retention.tidy),
        Chore("tidy_documents", 30, lambda: orphans.tidy(THE_WORKSPACE)),
        Chore("prune_versions", 60, lambda: prune_all(house.database)),
    ]


class _Standing:
    """Whether this process is ready, and how it is left: it says that it leaves, and its work may end first."""

    def __init__(self, house: House, hands: Hands | None, settings: Settings) -> None:
        self._house, self._hands, self._settings = house, hands, settings
        self._leaving = False

    async def parts(self) -> list[tuple[str, bool, str]]:
        process = "It is being stopped." if self._leaving else "It takes requests."
        parts = [("process", not self._leaving, process), await _database_part(self._house.database)]
        return [*parts, _index_part(self._house.index), _wake_part(self._house.wake)]

    async def leave(self) -> None:
        self._leaving = True
        work = self._hands.finish(self._settings.drain_seconds) if self._hands else asyncio.sleep(0)
        await asyncio.gather(work, asyncio.sleep(self._settings.unready_seconds))


def _given(settings: Settings, house: House, standing: _Standing) -> Given:
    return Given(
        database=house.database,
        doors=_doors(settings),
        secrets=house.secrets,
        catalog=house.catalog,
        limits=Limits(
            nodes=settings.max_nodes,
            edges=settings.max_edges,
            depth=settings.max_graph_depth,
            size=settings.max_graph_bytes,
        ),
        frame_size=settings.max_frame_bytes,
        most_sockets=settings.max_sockets,
        slow_reader_seconds=settings.slow_reader_seconds,
        runs=house.runs,
        feed=Feed(house.database, house.journal, house.wake),
        wake=house.wake,
        models=house.models,
        asking=Questions(house.database, house.catalog, house.runs, house.wake),
        uploads=Uploads(house.database, house.dispatch, house.removal, largest=settings.max_upload_bytes),
        removal=house.removal,
        retention=house.retention,
        search=house.search,
        readiness=standing.parts,
        leave=standing.leave,
        metrics=house.metrics,
    )


def _doors(settings: Settings) -> Doors:
    return Doors(
        settings.token,
        frozenset(name.lower() for name in settings.allowed_hosts or LOCAL),
        frozenset(name.lower().rstrip("/") for name in settings.allowed_origins or LOCAL),
    )


async def _database_part(database: Database) -> tuple[str, bool, str]:
    try:
        async with database.read() as session:
            await session.scalar(text("SELECT 1"))
    except Busy as error:
        return "database", False, error.message
    return "database", True, "It answers."


def _index_part(index: Index) -> tuple[str, bool, str]:
    """Search goes on from SQL while the index is away, so it is told and does not make the server unready."""
    return "index", True, index.trouble or "It is in step, or not needed yet."


def _wake_part(wake: Wake) -> tuple[str, bool, str]:
    """Readers look for themselves while no bell rings, so it is told and does not make the server unready."""
    return "wake", True, wake.trouble or "Who waits is told at once."
