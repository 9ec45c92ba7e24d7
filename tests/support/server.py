"""The real server as a child process: started on a free port, killed, started again on the same directory."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx2
from websockets.asyncio.client import ClientConnection, connect

from tests.support import loop_watch
from tests.support.tally import TALLY

START_SECONDS = 60
PREFIX = "GENAI_STACK_"
_ADDRESS = re.compile(r"address\"?[=:] ?\S*?(http://\S+:\d+)")
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


class Server:
    """`settings` are names without their prefix: `token`, `database_url`, …"""

    command = "serve"

    def __init__(self, folder: Path, **settings: object) -> None:
        self.data = folder / "data"
        self.log_file = folder / "server.log"
        self.settings = settings
        self.url = ""
        self._process: subprocess.Popen[bytes] | None = None
        self._read = 0

    def start(self) -> "Server":
        self.begin()
        self.await_address()
        return self

    def begin(self) -> None:
        """Starts without waiting for it."""
        self._process = self._begin()

    def await_address(self) -> None:
        assert self._process is not None
        deadline = time.monotonic() + START_SECONDS
        while not (found := _ADDRESS.search(self.log()[self._read :])):
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"The server did not start: {self.log()[self._read :]}")
            time.sleep(0.02)
        self.url = found[1].replace("0.0.0.0", "127.0.0.1")

    def await_ready(self) -> None:
        """Until every part that it needs answers. A process that lives may still be starting, or lack its database."""
        self.await_address()
        deadline = time.monotonic() + START_SECONDS
        while not self._is_ready():
            if not self.lives or time.monotonic() > deadline:
                raise RuntimeError(f"The server is not ready: {self.log()[self._read :]}")
            time.sleep(0.05)

    def _is_ready(self) -> bool:
        try:
            return httpx2.get(f"{self.url}/readyz", timeout=5, trust_env=False).status_code == 200
        except httpx2.HTTPError:
            return False

    def refused(self) -> tuple[int, str]:
        """The exit code of a server that must not start, and what it said."""
        self._process = self._begin()
        return self._process.wait(START_SECONDS), self.log()[self._read :]

    def _begin(self) -> "subprocess.Popen[bytes]":
        self._read = len(self.log())
        flags = {"host": None, "port": 0} | {
            name: value for name, value in self.settings.items() if name in ("host", "port")
        }
        given = [f"--{name}={value}" for name, value in flags.items() if value is not None]
        with self.log_file.open("ab") as log:
            return subprocess.Popen(
                [
                    sys.executable,
                    "-c",
                    loop_watch.command("from genai_stack.cli.main import main; main()"),
                    self.command,
                    f"--data={self.data}",
                    *given,
                ],
                env=self._environment(),
                stdout=log,
                stderr=log,
            )

    def _environment(self) -> dict[str, str]:
        own = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
        words = {name: str(value) for name, value in self.settings.items() if name not in ("host", "port")}
        return own | {PREFIX + name.upper(): value for name, value in words.items()}

    def log(self) -> str:
        return _COLOURS.sub("", self.log_file.read_text(errors="replace")) if self.log_file.exists() else ""

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def lives(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def freeze(self) -> None:
        """As a machine that pauses: it holds its connections, and does nothing."""
        TALLY["processes frozen"] += 1
        os.kill(self.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        os.kill(self.pid, signal.SIGCONT)

    def kill(self) -> None:
        """As a power cut would: nothing is tidied up."""
        TALLY["processes killed"] += 1
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def terminate(self, within: float = 30) -> int:
        """Asks it to stop; its exit code."""
        TALLY["processes stopped"] += 1
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(within)

    def stop(self) -> None:
        """However it stands."""
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()

    def client(self, **headers: str) -> httpx2.AsyncClient:
        shown = {"authorization": f"Bearer {token}"} if (token := self.settings.get("token")) else {}
        return httpx2.AsyncClient(
            base_url=self.url, headers=shown | headers, timeout=60, limits=httpx2.Limits(max_connections=500)
        )

    def socket(self, path: str, **options: object) -> connect:
        """A socket to a path below the API's prefix."""
        if token := self.settings.get("token"):
            options.setdefault("subprotocols", ["genai-stack", f"bearer.{token}"])
        address = self.url.replace("http://", "ws://")
        return connect(f"{address}/api/v1{path}", max_size=None, proxy=None, **options)  # type: ignore[arg-type]


__all__ = ["ClientConnection", "Server"]
