"""The one way in which child processes are started."""

import asyncio
import sys
import tempfile
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import Sequence

LINE_BYTES = 64 * 1024  # the longest line that is read from a child that says nothing else


def python_module(name: str, *arguments: str) -> tuple[str, ...]:
    """The command that runs a module in isolation: no working directory, no user's packages on the search path."""
    return (sys.executable, "-I", "-m", name, *arguments)


async def start_child(
    command: Sequence[str], *, output: bool = True, line_bytes: int = LINE_BYTES
) -> asyncio.subprocess.Process:
    """A process with an empty environment, a working directory that is not the user's, and a session of its own.

    Its standard input is a pipe, and whoever holds it holds the child: it ends when that is closed. Without `output`
    it writes nowhere. The child confines itself (`infra.sandbox`) once it has imported what it needs.
    """
    return await asyncio.create_subprocess_exec(
        *command,
        stdin=PIPE,
        stdout=PIPE if output else DEVNULL,
        stderr=None if output else DEVNULL,
        env={},
        cwd=tempfile.gettempdir() if sys.platform == "win32" else "/",
        limit=line_bytes,
        start_new_session=True,
    )
