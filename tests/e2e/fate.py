"""What becomes of the server in the middle of an answer: nothing, or it is killed and started again."""

import socket

from tests.support.server import Server

FATES = ("undisturbed", "killed")


def free_port() -> int:
    """One that a server which is started again can have again."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


class Fate:
    def __init__(self, server: Server, name: str) -> None:
        self.server, self.name = server, name

    def strikes(self) -> None:
        """Now. Where a server is killed, it is up again afterwards, at the same address and on the same data."""
        if self.name == "killed":
            self.server.kill()
            self.server.start()
