"""Exact search over SQL by the size of a knowledge base: CPU of a question, and of the first one after a start."""

import asyncio
import hashlib
import tempfile
import time
from pathlib import Path

from sqlalchemy import insert

from genai_stack.app import schema
from genai_stack.features.knowledge import bases
from genai_stack.features.knowledge.bases import Draft
from genai_stack.features.knowledge.retrieval.nearest import ExactSearch
from genai_stack.features.knowledge.tables import Document, Embedding, PassageRow
from genai_stack.features.workspaces.tables import Workspace
from genai_stack.infra.database.columns import new_id, now
from genai_stack.infra.database.database import Database
from genai_stack.infra.database.scope import THE_WORKSPACE
from tests.load.bench_vectors import DIMENSIONS, near_topics
from tests.load.table import Table

SIZES = (5_000, 10_000, 20_000, 50_000)
PER_DOCUMENT = 100
QUESTIONS = 200
WANTED = 50  # passages, as a search asks for before it fuses
FINGERPRINT = "bench"


async def filled(database: Database, count: int) -> dict[str, int]:
    """A knowledge base of `count` passages: its documents, each with how many it has."""
    vectors, workspace = near_topics(count, 1), {"workspace_id": THE_WORKSPACE.workspace_id}
    documents: dict[str, int] = {}
    async with database.write() as session:
        session.add(Workspace(id=THE_WORKSPACE.workspace_id, name="Workspace"))
        await session.flush()
        place = {**workspace, "knowledge_base_id": (await bases.create(session, THE_WORKSPACE, Draft("Papers"))).id}
        await session.flush()
        for start in range(0, count, PER_DOCUMENT):
            document_id = new_id()
            documents[document_id] = PER_DOCUMENT
            row = {"id": document_id, "filename": "a.txt", "size": 1, "status": "ready", "chunks": PER_DOCUMENT}
            await session.execute(insert(Document), [{**row, "created_at": now(), **place}])
            hashes = [hashlib.sha256(str(start + at).encode()).digest() for at in range(PER_DOCUMENT)]
            passages = [
                {"id": new_id(), "document_id": document_id, "position": at, "text": "word " * 160, "text_hash": one}
                for at, one in enumerate(hashes)
            ]
            await session.execute(insert(PassageRow), [{**passage, **place} for passage in passages])
            embeddings = [
                {"fingerprint": FINGERPRINT, "text_hash": one, "vector": vectors[start + at].tobytes(), **workspace}
                for at, one in enumerate(hashes)
            ]
            await session.execute(insert(Embedding), embeddings)
    return documents


async def measured(database: Database, count: int) -> list[str]:
    documents = await filled(database, count)
    search, spent = ExactSearch(database), []
    for question in near_topics(QUESTIONS + 1, 2):
        began = time.process_time()
        await search.search(THE_WORKSPACE, FINGERPRINT, DIMENSIONS, question.tobytes(), WANTED, documents)
        spent.append((time.process_time() - began) * 1000)
    first, *rest = spent
    rest.sort()
    return [f"{first:.0f}", f"{rest[len(rest) // 2]:.1f}", f"{rest[len(rest) * 95 // 100]:.1f}"]


async def main() -> None:
    table = Table(f"Exact search among passages of {DIMENSIONS} numbers, ms of CPU", "first", "p50", "p95")
    for count in SIZES:
        with tempfile.TemporaryDirectory() as folder:
            database = Database.in_folder(Path(folder))
            await schema.migrate(database)
            table.row(f"{count:,}", *await measured(database, count))
            await database.close()
    table.print()


if __name__ == "__main__":
    asyncio.run(main())
