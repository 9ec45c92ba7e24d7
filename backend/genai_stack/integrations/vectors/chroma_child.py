"""A Chroma server of our own: started at first use, restarted when it dies, its folder given up when it is damaged."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import sqlite3
import sys
import uuid
from pathlib import Path

import aiohttp

from genai_stack.errors import Busy
from genai_stack.infra.child_process import python_module, start_child
from genai_stack.integrations.vectors import chroma_server

READY_SECONDS = 20.0  # a tenth of one is usual
STOP_SECONDS = 3.0
HEALTHY_SECONDS = 60.0  # of life after which earlier failures are forgotten
LONGEST_RESTART_SECONDS = 60.0
DAMAGED_BLAME = 3  # this much blame and the folder goes: a crash is 1, a start that fails or an answer that does is 2
DATABASE_FILE = "chroma.sqlite3"
WORTH_FROM_VECTORS = 20_000  # an exact search among so many takes some 10 ms of CPU
INNER_URL: str = "http://chroma"  # the socket is the address
NO_NETWORK_REASON = (
    "This machine does not let a process have a network of its own (user namespaces), so no Chroma is started, where "
    "others could reach it: large knowledge bases are searched exactly, and more slowly. Allow unprivileged user "
    "namespaces, set GENAI_STACK_CHROMA_URL, or use PostgreSQL with GENAI_STACK_VECTORS=pgvector."
)


class ChromaChild:
    """`pause` is the wait in seconds before it is started again; it doubles while starting fails."""

    def __init__(
        self, folder: Path, *, worth_from: int = 0, pause: float = 0.2, ready_within: float = READY_SECONDS
    ) -> None:
        self._folder = folder
        self._parent: int | None = None  # descriptor of the folder that holds it
        self.worth_from = worth_from
        self._pause = pause
        self._ready_within = ready_within
        self._keeping: asyncio.Task[None] | None = None
        self._process: asyncio.subprocess.Process | None = None
        self._url: str | None = None
        self._up = asyncio.Event()
        self._database: tuple[int, int] | None = None
        self._blame = 0
        self._closed = False
        self.generation = 0
        self.degraded_reason: str | None = None

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process and self._process.returncode is None else None

    @property
    def url(self) -> str | None:
        if self._url and _identity(self._folder / DATABASE_FILE) != self._database:
            # It would go on answering from files that have no name any more, and forget the rest.
            self._end("its folder was removed or exchanged", blame=0)
        return self._url

    def connector(self) -> aiohttp.BaseConnector:
        if self._parent is None:
            self._parent = os.open(self._folder.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        # A socket's path may have a hundred bytes; that of the folder may be longer.
        name = chroma_server.socket_name(self._folder, self._process.pid if self._process else 0)
        return aiohttp.UnixConnector(f"/proc/self/fd/{self._parent}/{name}")

    def may_hold(self, collection: str) -> bool:
        database = self._folder / DATABASE_FILE
        known = _read(database, "select name from collections")
        return database.is_file() if known is None else collection in known

    def start(self) -> None:
        if self._keeping is None and not self._closed:
            self._keeping = asyncio.ensure_future(self._keep())

    async def started(self) -> str:
        self.start()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._ready_within):
                while (url := self.url) is None and self.degraded_reason != NO_NETWORK_REASON:
                    self._up.clear()
                    await self._up.wait()
                if url is not None:
                    return url
        raise Busy(
            f"The search index does not start. {self.degraded_reason or 'Try again in a moment.'}", code="INDEX_AWAY"
        )

    def suspect(self, *, damaged: bool) -> None:
        if damaged and self._url:  # where it just died, that is seen anyway
            self._end("it answered with errors", blame=2)

    async def sweep(self) -> None:
        await asyncio.to_thread(_sweep, self._folder)

    async def close(self) -> None:
        self._closed = True
        if self._keeping:
            self._keeping.cancel()
            await asyncio.gather(self._keeping, return_exceptions=True)
        if self._parent is not None:
            os.close(self._parent)
            self._parent = None

    async def _keep(self) -> None:
        """Starts it again whenever it ends, ever more slowly while that goes on; not where it may not be started."""
        failures = 0
        while self.degraded_reason != NO_NETWORK_REASON:
            if self._blame >= DAMAGED_BLAME:
                await asyncio.to_thread(shutil.rmtree, self._folder, ignore_errors=True)
                self._blame = 0
            began = asyncio.get_running_loop().time()
            blame = await self._live()
            self._blame += blame  # not in one line: it may grow while that waits
            lived = asyncio.get_running_loop().time() - began
            if lived > HEALTHY_SECONDS:
                failures, self._blame = 0, min(self._blame, 2)
            await asyncio.sleep(min(LONGEST_RESTART_SECONDS, self._pause * 2 ** min(failures, 10)))
            failures += 1

    async def _live(self) -> int:
        """One life of the server; how much its end speaks for a damaged folder."""
        await asyncio.to_thread(_prepare, self._folder)
        command = python_module(chroma_server.__name__, str(self._folder.absolute()))
        process = self._process = await start_child(command, output=False)
        try:
            if not await self._answers(process):
                return self._told_at_start(process.returncode)
            self._url, self._database = INNER_URL, _identity(self._folder / DATABASE_FILE)
            self.generation += 1
            self.degraded_reason = None
            self._up.set()
            code = await process.wait()
            if not self._url:  # ended by us, for the reason told there
                return 0
            self.degraded_reason = f"It ended unexpectedly (exit code {code}) and is being started again."
            return 1
        finally:
            self._url = None
            await _stop(process)

    async def _answers(self, process: asyncio.subprocess.Process) -> bool:
        with contextlib.suppress(TimeoutError):
            async with (
                asyncio.timeout(self._ready_within),
                aiohttp.ClientSession(connector=self.connector()) as session,
            ):
                while process.returncode is None:
                    with contextlib.suppress(aiohttp.ClientError, OSError):
                        async with session.get(INNER_URL + "/api/v2/heartbeat") as answer:
                            if answer.status == 200 and b"heartbeat" in await answer.read():
                                return process.returncode is None
                    await asyncio.sleep(0.02)
        return False

    def _told_at_start(self, code: int | None) -> int:
        if code == chroma_server.IN_USE_EXIT_CODE:
            self.degraded_reason = f"Another process uses its folder ({self._folder}). Stop that one first."
            return 0
        if code == chroma_server.NO_NETWORK_EXIT_CODE:
            self.degraded_reason, self.worth_from = NO_NETWORK_REASON, sys.maxsize
            self._up.set()
            shutil.rmtree(self._folder, ignore_errors=True)
            return 0
        said = "it did not answer" if code is None else f"it ended with code {code}"
        self.degraded_reason = f"It could not be started ({said}); it is tried again."
        return 2

    def _end(self, reason: str, *, blame: int) -> None:
        self._url = None
        self._blame += blame
        self.degraded_reason = f"It is being started again, because {reason}."
        if self._process:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()


async def _stop(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        try:
            async with asyncio.timeout(STOP_SECONDS):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()
    if process.stdin:
        process.stdin.close()


def _prepare(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    _sweep(folder)


def _sweep(folder: Path) -> None:
    """Chroma leaves the folder of a dropped collection's vectors behind. Its name is the id of a segment."""
    known = _read(folder / DATABASE_FILE, "select id from segments")
    if known is None:  # not there, or damaged: the server's start will tell
        return
    for path in folder.iterdir():
        if path.is_dir() and _is_uuid(path.name) and path.name not in known:
            shutil.rmtree(path, ignore_errors=True)


def _read(database: Path, query: str) -> set[str] | None:
    """A column of the server's own database; None where it cannot be read."""
    try:
        with contextlib.closing(sqlite3.connect(f"{database.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            return {row[0] for row in connection.execute(query)}
    except sqlite3.Error:
        return None


def _is_uuid(name: str) -> bool:
    try:
        return str(uuid.UUID(name)) == name
    except ValueError:
        return False


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
