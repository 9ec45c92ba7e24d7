"""The log of a run, as the engine writes it."""

from typing import Literal, Protocol

from genai_stack.engine.events import Data


class Log(Protocol):
    """Where a run writes what happens."""

    def write(self, node_id: str, data: Data, outputs: object | None = None) -> int:
        """Number an event, and with it keep a finished node's outputs; returns the event's `seq`."""
        ...

    def append_text(self, node_id: str, kind: Literal["answer", "reasoning"], text: str) -> None:
        """The next piece of a text; pieces that come quickly share an event."""
        ...

    def crashed(self, node_id: str, error: Exception) -> None:
        """A node failed with an unexpected error: for whoever runs the server, besides the event."""
        ...

    async def settled(self) -> None:
        """Returns when all that was written is committed."""
        ...
