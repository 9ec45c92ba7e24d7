"""Several API processes and several workers over one PostgreSQL, each a real process on loopback."""

from pathlib import Path

import psutil
from cryptography.fernet import Fernet

from tests.support.server import Server


class Worker(Server):
    command = "worker"


class Cluster:
    """`settings` hold for every process."""

    def __init__(self, folder: Path, database_url: str, *, apis: int = 2, workers: int = 2, **settings: object) -> None:
        shared = {
            "database_url": database_url,
            "dispatch": "distributed",
            "secret_key": Fernet.generate_key().decode(),
            "example": False,
            "worker_private_upstreams": True,
        } | settings
        self.apis = [Server(_made(folder / f"api-{number}"), **shared) for number in range(apis)]
        self.workers = [Worker(_made(folder / f"worker-{number}"), **shared) for number in range(workers)]

    @property
    def processes(self) -> list[Server]:
        return [*self.apis, *self.workers]

    def start(self) -> "Cluster":
        for process in self.processes:
            process.begin()
        for process in self.processes:
            process.await_address()
        return self

    def mend(self) -> "Cluster":
        """Starts again what has died, and waits until all are ready."""
        for process in self.processes:
            if not process.lives:
                process.begin()
        for process in self.processes:
            process.await_ready()
        return self

    def worker_at(self, port: int) -> Server:
        """The worker that has a connection to a server on this port: the one whose run asks that model."""
        for worker in self.workers:
            connections = psutil.Process(worker.pid).net_connections("tcp")
            if any(one.raddr and one.raddr.port == port and one.status == "ESTABLISHED" for one in connections):
                return worker
        raise AssertionError("no worker is asking the model")

    def stop(self) -> None:
        for process in self.processes:
            process.stop()

    def log(self) -> str:
        return "\n".join(f"--- {process.data.parent.name}\n{process.log()}" for process in self.processes)


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder
