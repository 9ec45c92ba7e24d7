"""The process of the Chroma server: alone on its folder, on loopback, and gone with the one who holds its stdin."""

import os
import signal
import sys
import threading
import time
from importlib import import_module
from pathlib import Path

from genai_stack.infra.sandbox import confine

IN_USE_EXIT_CODE = 75  # exit code: another process holds the folder
LOCK_WAIT_SECONDS = 3.0  # for the one before to let go of the folder
STOP_SECONDS = 3.0


def run_alone() -> None:
    """`genai-stack-chroma run …`: Chroma's own command line, without its Python server, for a container of its own."""
    import_module("chromadb_rust_bindings").cli(["chroma", *sys.argv[1:]])


def main() -> None:
    path, port = sys.argv[1:]
    held = _hold(Path(path + ".lock"))
    if held is None:
        sys.exit(IN_USE_EXIT_CODE)
    threading.Thread(target=_end_with_stdin, daemon=True).start()
    os.environ["ANONYMIZED_TELEMETRY"] = "False"
    os.environ["TMPDIR"] = os.environ["SQLITE_TMPDIR"] = path
    chroma = import_module("chromadb_rust_bindings")
    confine(readable=[Path("/etc"), Path("/proc"), Path("/sys"), Path("/dev")], folder=Path(path), network=True)
    # The same that `chroma run` does, without its second of imports.
    chroma.cli(["chroma", "run", "--path", path, "--host", "127.0.0.1", "--port", port])


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
