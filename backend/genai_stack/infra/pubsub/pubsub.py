"""The port through which readers are told that there is something new."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from genai_stack.infra.database.database import Transaction


class Subscription(Protocol):
    """What one reader waits for."""

    async def wait(self, seconds: float) -> None:
        """Returns when the topic was told since the last wait, or after `seconds`: then look for yourself."""
        ...


class PubSub(Protocol):
    """A signal without payload. Subscribers re-read the database: a lost one only delays them until the next poll."""

    def publish(self, transaction: Transaction, topics: Sequence[str]) -> None:
        """The bells ring when the transaction is committed, and never if it is not."""
        ...

    def subscribe(self, topic: str) -> AbstractContextManager[Subscription]: ...

    @property
    def degraded_reason(self) -> str | None:
        """A sentence, while bells do not ring and readers look for themselves every few seconds."""
        ...
