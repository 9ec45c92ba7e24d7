"""What the images run, without images: the package apart from its checkout, each service as the compose file starts it."""

import compileall
import json
import os
import shutil
import subprocess
import time
from pathlib import Path

from tests.support.deployment import BIN, ROOT, compose, recipe
from tests.support.front_door import free_port
from tests.support.postgres import as_app

START_SECONDS = 60


class Installation:
    """The services of one compose project as processes, over a database of the tests' own."""

    def __init__(self, folder: Path, database_url: str) -> None:
        self._folder = folder
        self.packages = folder / "packages"
        shutil.copytree(
            ROOT / "backend" / "genai_stack",
            self.packages / "genai_stack",
            ignore=shutil.ignore_patterns("__pycache__"),
        )
        compileall.compile_dir(self.packages, quiet=2)  # as the image's recipe does
        for name in ("root", "tmp", "data"):
            (folder / name).mkdir()
        said = subprocess.run([ROOT / "docker" / "new-secrets"], capture_output=True, text=True, check=True).stdout
        self.secrets = dict(line.split("=", 1) for line in said.splitlines())
        self._services = compose(self.secrets)["services"]
        self._image = recipe("backend")
        # What is elsewhere here than in its container.
        self._chroma = f"127.0.0.1:{free_port()}"
        self._here = {
            "GENAI_STACK_DATABASE_URL": as_app(database_url),
            "GENAI_STACK_CHROMA_URL": f"http://{self._chroma}",
            "GENAI_STACK_DATA": str(folder / "data"),
            "GENAI_STACK_PORT": "0",
            "GENAI_STACK_WORKER_PORT": "0",
        }
        self._owner = {"GENAI_STACK_OWNER_DATABASE_URL": database_url}
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._addresses: dict[str, str] = {}

    def done(self, service: str, *command: str) -> str:
        """What a service says that ends by itself."""
        ran = subprocess.run(
            self._command(service, *command), env=self._environment(service), cwd=self._folder / "root",
            capture_output=True, text=True, check=False, timeout=START_SECONDS,
        )  # fmt: skip
        assert ran.returncode == 0, ran.stdout + ran.stderr
        return ran.stdout

    def refused(self, service: str, **environment: str) -> str:
        """What a service says that must not start."""
        ran = subprocess.run(
            self._command(service), env=self._environment(service) | environment, cwd=self._folder / "root",
            capture_output=True, text=True, check=False, timeout=START_SECONDS,
        )  # fmt: skip
        assert ran.returncode == 2, ran.stdout + ran.stderr
        return ran.stderr

    def python(self, code: str) -> str:
        return subprocess.run(
            [BIN / "python", "-c", code], env=self._environment("backend"), cwd=self._folder / "root",
            capture_output=True, text=True, check=True,
        ).stdout  # fmt: skip

    def address(self, service: str) -> str:
        return self._addresses[service]

    def start(self, service: str) -> None:
        """Returns once the service has said where it answers."""
        with (self._folder / f"{service}.log").open("ab") as log:
            self._running[service] = subprocess.Popen(
                self._command(service),
                env=self._environment(service),
                stdout=log,
                stderr=log,
                cwd=self._folder / "root",
            )
        if service == "chroma":
            self._addresses[service] = f"http://{self._chroma}"
            return
        deadline = time.monotonic() + START_SECONDS
        while not (found := self._said(service, "address")):
            if self._running[service].poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"The {service} did not start: {self.log(service)}")
            time.sleep(0.05)
        self._addresses[service] = found.replace("0.0.0.0", "127.0.0.1")

    def healthy(self, service: str) -> None:
        """Waits until the service's own health check passes."""
        port = self._addresses[service].rpartition(":")[2]
        check = self._services[service]["healthcheck"]["test"][1:]
        inside = {"backend": "8000", "chroma": "8000", "worker": "8001"}[service]
        command = [BIN / check[0], *(word.replace(f"127.0.0.1:{inside}/", f"127.0.0.1:{port}/") for word in check[1:])]
        deadline = time.monotonic() + START_SECONDS
        while (asked := subprocess.run(command, capture_output=True, text=True, check=False)).returncode:
            if self._running[service].poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"The {service} is not healthy: {asked.stderr}\n{self.log(service)}")
            time.sleep(0.2)

    def terminate(self, service: str) -> int:
        """Asks it to stop; its exit code, within the time that compose gives it."""
        self._running[service].terminate()
        return self._running[service].wait(int(self._services[service]["stop_grace_period"].removesuffix("s")))

    def stop(self) -> None:
        for process in self._running.values():
            if process.poll() is None:
                process.kill()
                process.wait()

    def log(self, service: str) -> str:
        return (self._folder / f"{service}.log").read_text()

    def written(self) -> list[str]:
        """Files in the home and the working directory, where nothing may be written."""
        return [str(path) for path in (self._folder / "root").rglob("*")]

    def _said(self, service: str, field: str) -> str | None:
        for line in self.log(service).splitlines():
            if line.startswith("{") and (value := json.loads(line).get(field)):
                return str(value)
        return None

    def _command(self, service: str, *command: str) -> list[str | Path]:
        made = self._services[service]
        program, *rest = made.get("entrypoint", self._image.entrypoint)
        words = [*rest, *(command or made["command"])]
        if service == "chroma":
            host, port = self._chroma.split(":")
            elsewhere = {"/data": str(self._folder / "data" / "chroma"), "0.0.0.0": host, "8000": port}
            words = [elsewhere.get(word, word) for word in words]
        return [BIN / program, *words]

    def _environment(self, service: str) -> dict[str, str]:
        told = {name: value for name, value in self._image.environment.items() if name != "PATH"}
        own = {
            "PATH": f"{BIN}:{os.environ['PATH']}",
            "HOME": str(self._folder / "root"),
            "TMPDIR": str(self._folder / "tmp"),
            "PYTHONPATH": str(self.packages),  # before the checkout, which the tests' environment has installed
        }
        asked = self._services[service]["environment"]
        owner = self._owner if self._owner.keys() <= asked.keys() else {}
        return own | told | asked | self._here | owner
