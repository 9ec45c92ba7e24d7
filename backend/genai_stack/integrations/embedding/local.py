"""The local embedder: needs no key and no network; computes in a child process that it starts, watches and ends."""

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import Coroutine, Iterator, Sequence
from typing import Any

from genai_stack.errors import EmbedderMissing, ProviderBroken, ProviderUnreachable
from genai_stack.infra.child_process import python_module, start_child
from genai_stack.integrations.embedding import local_child as wire
from genai_stack.integrations.embedding.embedder import Purpose, readable
from genai_stack.integrations.embedding.minilm import FINGERPRINT, FLOAT_FINGERPRINT
from genai_stack.integrations.embedding.minilm_graph import DIMENSIONS

TEXTS_PER_FRAME = 8
LONGEST_TEXT_CHARACTERS = 32_000  # far beyond the 256 word pieces that the model reads
ANSWER_SECONDS = 60.0  # for one frame; half a second is usual
STOP_SECONDS = 2.0  # between the closed stdin and the kill


class LocalEmbedder:
    """`exact`: with the published float32 weights, at half the speed; their vectors have another fingerprint."""

    def __init__(
        self,
        *,
        exact: bool = False,
        threads: int | None = None,
        idle_seconds: float = 300,
        child_command: Sequence[str] = (),
    ) -> None:
        self._fingerprint = FLOAT_FINGERPRINT if exact else FINGERPRINT
        self._threads = threads or usable_cores()
        precision = (wire.FLOAT32,) if exact else ()
        self._command = (*child_command,) or python_module(wire.__name__, str(self._threads), *precision)
        self._idle_seconds = idle_seconds
        # One batch more than threads, so that the child never waits for the next.
        self._slots = asyncio.Semaphore(self._threads + 1)
        self._starting = asyncio.Lock()
        self._child: _EmbedderChild | None = None
        self._asking = 0
        self._idle: asyncio.TimerHandle | None = None
        self._leaving: set[asyncio.Task[None]] = set()
        self._closed = False

    async def fingerprint(self) -> str:
        return self._fingerprint

    @property
    def child_pid(self) -> int | None:
        """None while no child runs."""
        return self._child.pid if self._child and self._child.alive else None

    async def embed(self, texts: Sequence[str], *, purpose: Purpose) -> list[bytes]:
        if purpose == "query":
            batches = [self._ask(batch, wire.QUERY) for batch in _batches(texts)]
        else:
            batches = [self._ask_in_turn(batch) for batch in _batches(texts)]
        return [vector for vectors in await _all(batches) for vector in vectors]

    async def close(self) -> None:
        self._closed = True
        self._retire()
        await asyncio.gather(*self._leaving)

    async def _ask_in_turn(self, texts: Sequence[str]) -> list[bytes]:
        async with self._slots:
            return await self._ask(texts, wire.PASSAGES)

    async def _ask(self, texts: Sequence[str], kind: int) -> list[bytes]:
        body = json.dumps([readable(text[:LONGEST_TEXT_CHARACTERS]) for text in texts]).encode()
        self._asking += 1
        if self._idle:
            self._idle.cancel()
        try:
            vectors = await self._ask_twice(kind, body)
        finally:
            self._asking -= 1
            if not self._asking:
                self._idle = asyncio.get_running_loop().call_later(self._idle_seconds, self._retire)
        if len(vectors) != len(texts) * DIMENSIONS * 4:
            raise ProviderBroken("The local embedder answered with the wrong number of vectors. Please report this.")
        return [vectors[at : at + DIMENSIONS * 4] for at in range(0, len(vectors), DIMENSIONS * 4)]

    async def _ask_twice(self, kind: int, body: bytes) -> bytes:
        """A child that dies takes the blame once; a text that ends two of them is told."""
        try:
            return await (await self._living_child()).ask(kind, body)
        except _ChildDiedError:
            pass
        try:
            return await (await self._living_child()).ask(kind, body)
        except _ChildDiedError as died:
            raise ProviderBroken(
                f"The local embedder's process ended twice over the same texts ({died}). "
                "The machine may be short of memory; try again, or choose another embedder."
            ) from died

    async def _living_child(self) -> "_EmbedderChild":
        async with self._starting:
            if self._closed:
                raise ProviderUnreachable("The local embedder is stopped, because the server is shutting down.")
            if self._child is None or not self._child.alive:
                self._child = await _EmbedderChild.start(self._command)
            return self._child

    def _retire(self) -> None:
        """Ends the child, in the background; the next text starts another."""
        if self._idle:
            self._idle.cancel()
        if self._child:
            leaving = asyncio.ensure_future(self._child.stop())
            self._leaving.add(leaving)
            leaving.add_done_callback(self._leaving.discard)
            self._child = None


def usable_cores() -> int:
    """Those that this process may run on: a container often has fewer than the machine."""
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class _ChildDiedError(Exception):
    pass


class _EmbedderChild:
    """One process and the requests that it has not answered."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._process, self._requests, self._answers = process, process.stdin, process.stdout
        self._waiting: dict[int, asyncio.Future[bytes]] = {}
        self._number = 0
        self._missing: EmbedderMissing | None = None
        self.alive = True
        self._reading = asyncio.ensure_future(self._read())

    @classmethod
    async def start(cls, command: Sequence[str]) -> "_EmbedderChild":
        return cls(await start_child(command))

    @property
    def pid(self) -> int:
        return self._process.pid

    async def ask(self, kind: int, body: bytes) -> bytes:
        if not self.alive:
            raise self._missing or _ChildDiedError(self._how_it_ended())
        self._number += 1
        number = self._number
        answer = self._waiting[number] = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                self._requests.write(wire.FRAME_HEAD.pack(len(body), number, kind) + body)
                with contextlib.suppress(ConnectionError):  # the reader of the answers tells it
                    await self._requests.drain()
                return await answer
        except TimeoutError:
            self._kill()
            raise _ChildDiedError(f"no answer within {ANSWER_SECONDS:.0f} seconds") from None
        finally:
            self._waiting.pop(number, None)

    async def stop(self) -> None:
        self._requests.close()
        try:
            async with asyncio.timeout(STOP_SECONDS):
                await self._process.wait()
        except TimeoutError:
            self._kill()
        await self._reading

    async def _read(self) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError):  # its end
            while True:
                length, number, kind = wire.FRAME_HEAD.unpack(await self._answers.readexactly(wire.FRAME_HEAD.size))
                self._answer(number, kind, await self._answers.readexactly(length))
        self.alive = False
        await self._process.wait()
        for answer in self._waiting.values():
            if not answer.done():
                answer.set_exception(self._missing or _ChildDiedError(self._how_it_ended()))

    def _answer(self, number: int, kind: int, body: bytes) -> None:
        if kind == wire.MISSING:
            self._missing = EmbedderMissing(body.decode())
            return
        answer = self._waiting.get(number)
        if answer is None or answer.done():  # nobody waits for it any more
            return
        if kind == wire.VECTORS:
            answer.set_result(body)
        else:
            answer.set_exception(ProviderBroken(f"The local embedder could not embed this text ({body.decode()})."))

    def _kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()

    def _how_it_ended(self) -> str:
        code = self._process.returncode
        return f"signal {-code}" if code is not None and code < 0 else f"exit code {code}"


def _batches(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(texts), TEXTS_PER_FRAME):
        yield texts[start : start + TEXTS_PER_FRAME]


async def _all(asked: Sequence[Coroutine[Any, Any, list[bytes]]]) -> list[list[bytes]]:
    """As gather, but the first failure ends the others."""
    tasks = [asyncio.ensure_future(one) for one in asked]
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
