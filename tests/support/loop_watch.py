"""A watchdog for event loops: it reports each callback of the product that takes more than 250 ms of CPU, and where."""

import asyncio
import os
import sys
import threading
import time
import traceback
from pathlib import Path
from types import FrameType

LIMIT_SECONDS = 0.25
SAMPLE_SECONDS = 0.02
FOLDER_VARIABLE = "LOOP_WATCH_FOLDER"
_ROOT = Path(__file__).parents[2]
_PRODUCT, _TESTS = str(_ROOT / "backend"), str(_ROOT / "tests")


def watch(folder: Path) -> None:
    """Watches the loops that the main thread runs, as long as the process lives; each report is a file in `folder`.

    The main coroutine is left out: it starts and stops a server, or is the test. So are imports, which come once.
    CPU of the thread counts, not time: a busy machine makes no callback late. Samples are taken by another thread, so
    that one call that never lets the interpreter go is not seen.
    """
    threading.Thread(target=_Watchdog(folder).run, daemon=True, name="loop-watch").start()


def command(main: str) -> str:
    """Python that watches, if `FOLDER_VARIABLE` is set, and then does `main`."""
    if not (folder := os.environ.get(FOLDER_VARIABLE)):
        return main
    watching = f"from tests.support.loop_watch import watch; from pathlib import Path; watch(Path({folder!r}))"
    return f"import sys; sys.path.append({str(_ROOT)!r}); {watching}; {main}"


class _Watchdog:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._thread = threading.main_thread().ident or 0
        self._clock = time.pthread_getcpuclockid(self._thread)
        self._callback: FrameType | None = None  # the outermost frame that the loop runs
        self._began = 0.0
        self._ended = True  # set by the loop itself, once it goes on to what comes next
        self._in_product = self._samples = 0

    def run(self) -> None:
        while True:
            time.sleep(SAMPLE_SECONDS)
            self._sample(sys._current_frames().get(self._thread))

    def _sample(self, top: FrameType | None) -> None:
        loop, callback = _running(top)
        if loop is None or callback is None:
            self._callback = None
            return
        if self._ended or callback is not self._callback:
            self._begin(loop, callback)
            return
        self._samples += 1
        self._in_product += _is_product(top)
        took = time.clock_gettime(self._clock) - self._began
        if took > LIMIT_SECONDS and self._in_product * 2 > self._samples:
            self._report(took, top)
            self._callback = None

    def _begin(self, loop: asyncio.AbstractEventLoop, callback: FrameType) -> None:
        self._callback, self._began, self._ended = callback, time.clock_gettime(self._clock), False
        self._in_product = self._samples = 0
        try:
            loop.call_soon_threadsafe(self._end, callback)
        except RuntimeError:
            self._callback = None  # the loop was closed

    def _end(self, callback: FrameType) -> None:
        if callback is self._callback:
            self._ended = True

    def _report(self, took: float, top: FrameType | None) -> None:
        stack = traceback.format_stack(top)
        where = "".join(line for line in stack if _PRODUCT in line) + "…\n" + "".join(stack[-12:])
        name = f"{os.getpid()}-{time.monotonic_ns()}.txt"
        (self._folder / name).write_text(f"A callback has taken {took * 1000:.0f} ms of CPU so far, here:\n{where}")


def _running(top: FrameType | None) -> tuple[asyncio.AbstractEventLoop | None, FrameType | None]:
    """The loop that runs below this frame, and the frame that it has called; None while it waits."""
    inner, frame = None, top
    while frame is not None:
        if frame.f_code.co_name == "run" and frame.f_code.co_filename == asyncio.runners.__file__:
            loop = getattr(frame.f_locals.get("self"), "_loop", None)
            main = getattr(frame.f_locals.get("coro"), "cr_frame", None)
            break
        inner, frame = frame, frame.f_back
    else:
        return None, None
    while inner is not None and inner.f_code.co_filename.endswith(_LOOP_FILES):
        inner = _child(top, inner)
    return loop, None if inner is main else inner


_LOOP_FILES = ("asyncio/base_events.py", "asyncio/events.py", "asyncio/selector_events.py", "selectors.py")


def _child(top: FrameType | None, of: FrameType) -> FrameType | None:
    frame = None if top is of else top
    while frame is not None and frame.f_back is not of:
        frame = frame.f_back
    return frame


def _is_product(top: FrameType | None) -> bool:
    """Whether the product works, not the test: its is the innermost frame of both."""
    frame = top
    while frame is not None:
        if "importlib._bootstrap" in frame.f_code.co_filename:
            return False
        if frame.f_code.co_filename.startswith(_PRODUCT):
            return True
        if frame.f_code.co_filename.startswith(_TESTS):
            return False
        frame = frame.f_back
    return False
