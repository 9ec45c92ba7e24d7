"""Readiness of a knowledge base for a run: documents being read are waited for; the example yields to own documents."""

import asyncio
import time
from collections.abc import Callable
from typing import NamedTuple

from sqlalchemy import func, select

from genai_stack.features.knowledge.documents import PROCESSING, READY
from genai_stack.features.knowledge.example import FILENAME, TITLE
from genai_stack.features.knowledge.tables import Document
from genai_stack.infra.database.database import Database
from genai_stack.infra.database.scope import Scope

WAIT_SECONDS = 120.0  # at most, for documents that are being read
POLL_SECONDS = 0.5


class KnowledgeReadiness(NamedTuple):
    """How many documents a search looks through, how many are still being read, and the example if it is left out."""

    ready: int
    pending: int
    left_out: str | None = None


async def readiness(database: Database, scope: Scope, knowledge_base_id: str) -> KnowledgeReadiness:
    there = (Document.of(scope), Document.knowledge_base_id == knowledge_base_id)
    counted = select(Document.status, func.count()).where(*there, Document.status.in_((READY, PROCESSING)))
    example = select(Document.id).where(*there, Document.status == READY, Document.filename == FILENAME)
    async with database.read() as session:
        counts = {row[0]: row[1] for row in await session.execute(counted.group_by(Document.status))}
        shipped = await session.scalar(example.where(Document.meta["title"].as_string() == TITLE).limit(1))
    ready, pending = counts.get(READY, 0), counts.get(PROCESSING, 0)
    if shipped is None or ready + pending == 1:
        return KnowledgeReadiness(ready, pending)
    return KnowledgeReadiness(ready - 1, pending, shipped)


async def wait_until_read(
    database: Database,
    scope: Scope,
    knowledge_base_id: str,
    tell: Callable[[int], None],
    *,
    limit: float = WAIT_SECONDS,
    pause: float = POLL_SECONDS,
) -> KnowledgeReadiness:
    """`tell` gets how many are still being read, at first and when that changes. Times are in seconds."""
    until, told = time.monotonic() + limit, 0
    while True:
        found = await readiness(database, scope, knowledge_base_id)
        if not found.pending or time.monotonic() >= until:
            return found
        if found.pending != told:
            tell(told := found.pending)
        await asyncio.sleep(pause)
