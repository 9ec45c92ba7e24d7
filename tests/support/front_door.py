"""The frontend image's entry point, run here: the script and the configuration that the image holds, and a real nginx."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import pytest

from tests.support.postgres import UNPRIVILEGED

ROOT = Path(__file__).resolve().parent.parent.parent
DOCKER = ROOT / "docker"
ELSEWHERE = "/usr/sbin:/usr/local/sbin"  # where nginx lives, which is not on everyone's path
START_SECONDS = 60


def nginx() -> str | None:
    """The program, if there is one."""
    given = os.environ.get("NGINX", "nginx")
    return shutil.which(given) or shutil.which(given, path=ELSEWHERE)


def needed() -> None:
    """Fails or leaves out, loudly, the tests of a machine without it."""
    if nginx() is None:
        if os.environ.get("CI"):
            pytest.fail("There is no nginx. Run scripts/ensure-nginx.")
        pytest.skip("THE TESTS OF THE FRONT DOOR ARE LEFT OUT: there is no nginx. Run scripts/ensure-nginx.")


class FrontDoor:
    """Serves `pages`, and the API at `backend` (host:port). As in the image it has no rights, and one place to write."""

    def __init__(self, pages: Path, backend: str, **environment: str) -> None:
        # Not under pytest's own directory: an unprivileged user must reach it.
        self._folder = Path(tempfile.mkdtemp(prefix="gs-door-"))
        self._pages = self._folder / "pages"
        shutil.copytree(pages, self._pages)
        (self._folder / "front-door").mkdir()
        for name in ("nginx.conf", "frontend-start"):
            shutil.copy(DOCKER / name, self._folder / "front-door")
        (self._folder / "scratch").mkdir()
        self._backend, self._environment = backend, environment
        self._process: subprocess.Popen[bytes] | None = None
        self.address = ""

    def start(self) -> "FrontDoor":
        port = free_port()
        self.address = f"127.0.0.1:{port}"
        log = self._folder / "log"
        log.touch()
        as_user: dict[str, Any] = {}
        if os.geteuid() == 0:
            as_user = {"user": next(name for name in UNPRIVILEGED if _exists(name)), "extra_groups": []}
            for path in (self._folder, self._folder / "scratch", log):
                shutil.chown(path, as_user["user"])
        own = {
            "PATH": f"{Path(nginx() or '').parent}:{os.environ['PATH']}:{ELSEWHERE}",
            "LISTEN": self.address,
            "BACKEND": self._backend,
            "PAGES": str(self._pages),
            "SCRATCH": str(self._folder / "scratch"),
            "RESOLVER": "127.0.0.1",
        }
        with log.open("ab") as file:
            self._process = subprocess.Popen(
                [self._folder / "front-door" / "frontend-start"],
                env=own | self._environment,
                stdout=file,
                stderr=file,
                cwd=self._folder,
                **as_user,
            )
        deadline = time.monotonic() + START_SECONDS
        while not self._answers(port):
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"The front door did not open: {self.log()}")
            time.sleep(0.02)
        return self

    def log(self) -> str:
        return (self._folder / "log").read_text()

    def terminate(self, within: float = 15) -> int:
        """Asks it to stop as the image does; its exit code."""
        assert self._process is not None
        self._process.send_signal(signal.SIGQUIT)
        return self._process.wait(within)

    def stop(self) -> None:
        """However it stands: the master ends its workers at SIGTERM."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            self._process.wait(START_SECONDS)
        shutil.rmtree(self._folder, ignore_errors=True)

    @staticmethod
    def _answers(port: int) -> bool:
        with socket.socket() as tried:
            return tried.connect_ex(("127.0.0.1", port)) == 0


def _exists(user: str) -> bool:
    import pwd

    return any(entry.pw_name == user for entry in pwd.getpwall())


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])
