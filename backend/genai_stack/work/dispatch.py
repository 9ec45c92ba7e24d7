"""The port through which work that outlives a request is handed on."""

from dataclasses import dataclass
from typing import Literal, Protocol

from genai_stack.storage.database import Transaction

Queue = Literal["runs", "ingestion"]


@dataclass(frozen=True, slots=True)
class Job:
    """A row to be worked on. Jobs of one `lane` run one after another; lanes of one `party` share its turn."""

    queue: Queue
    id: str
    workspace_id: str
    lane: str
    party: str


class Dispatch(Protocol):
    """Hands jobs to workers: at least once, in the order of each lane."""

    def submit(self, transaction: Transaction, job: Job) -> None:
        """The job starts when the transaction is committed, and never if it is not."""
        ...

    async def cancel(self, queue: Queue, job_id: str) -> None:
        """Its worker gets a `CancelledError`; a job that still waits is started at once, to be told so."""
        ...
