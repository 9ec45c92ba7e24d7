"""The process of the Chroma server: alone on its folder and in its network, gone with the one who holds its stdin.

Chroma asks nobody for a key, so it listens in a network namespace of its own, where no other process is. The way to it
is a Unix socket that only this user may connect to.
"""

import asyncio
import contextlib
import os
import signal
import socket
import sys
import threading
import time
from importlib import import_module
from pathlib import Path

from genai_stack.infra.sandbox import confine, enter_own_network

IN_USE_EXIT_CODE = 75  # exit code: another process holds the folder
NO_NETWORK_EXIT_CODE = 76  # exit code: the kernel gives it none
PORT = 8000  # in a network where nobody else listens
PIECE_BYTES = 64 * 1024
LOCK_WAIT_SECONDS = 3.0  # for the one before to let go of the folder
STOP_SECONDS = 3.0


def run_alone() -> None:
    """`genai-stack-chroma run …`: Chroma's own command line, without its Python server, for a container of its own."""
    import_module("chromadb_rust_bindings").cli(["chroma", *sys.argv[1:]])


def socket_name(folder: Path, pid: int) -> str:
    """Beside the folder; of the process, so that no other server on this folder is taken for it."""
    return f"{folder.name}.{pid}.socket"


def main() -> None:
    path = Path(sys.argv[1])
    held = _hold(path.with_name(path.name + ".lock"))
    if held is None:
        sys.exit(IN_USE_EXIT_CODE)
    os.umask(0o077)
    if not enter_own_network():
        sys.exit(NO_NETWORK_EXIT_CODE)
    listener = _listen(path)
    threading.Thread(target=_end_with_stdin, daemon=True).start()
    threading.Thread(target=lambda: asyncio.run(_relay(listener)), daemon=True).start()
    os.environ["ANONYMIZED_TELEMETRY"] = "False"
    os.environ["TMPDIR"] = os.environ["SQLITE_TMPDIR"] = str(path)
    chroma = import_module("chromadb_rust_bindings")
    confine(readable=[Path("/etc"), Path("/proc"), Path("/sys"), Path("/dev")], folder=path, network=True)
    # The same that `chroma run` does, without its second of imports.
    chroma.cli(["chroma", "run", "--path", str(path), "--host", "127.0.0.1", "--port", str(PORT)])


def _listen(path: Path) -> socket.socket:
    """The socket beside the folder; only this user may connect. Bound by its name, as its path may be too long."""
    for left in path.parent.glob(f"{path.name}.*.socket"):  # by servers that were killed
        left.unlink(missing_ok=True)
    os.chdir(path.parent)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(socket_name(path, os.getpid()))
    listener.listen()
    os.chdir("/")
    return listener


async def _relay(listener: socket.socket) -> None:
    """Joins each connection from outside to one within this process's network."""

    async def join(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", PORT)
        except OSError:  # it does not listen yet
            writer.close()
            return
        await asyncio.gather(_copy(reader, inner_writer), _copy(inner_reader, writer))

    async with await asyncio.start_unix_server(join, sock=listener) as server:
        await server.serve_forever()


async def _copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while piece := await source.read(PIECE_BYTES):
            target.write(piece)
            await target.drain()
    target.close()


def _end_with_stdin() -> None:
    # Unbuffered: the interpreter could not end while a thread sits in sys.stdin.
    while os.read(0, 1):
        pass
    signal.raise_signal(signal.SIGTERM)
    time.sleep(STOP_SECONDS)
    os._exit(1)


def _hold(lock: Path) -> int | None:
    """Two servers on one folder would read stale results in silence, so the second waits, then gives up."""
    if sys.platform == "win32":
        return 0
    import fcntl  # noqa: PLC0415

    file = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
    until = time.monotonic() + LOCK_WAIT_SECONDS
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > until:
                return None
            time.sleep(0.05)
        else:
            return file


if __name__ == "__main__":
    main()
