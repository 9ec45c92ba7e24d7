"""Documents put straight into SQL, ready, as ingestion leaves them: what an index is made from."""

import hashlib
from collections.abc import Sequence

from sqlalchemy import delete, insert, select, update

from genai_stack.features.knowledge import bases
from genai_stack.features.knowledge.bases import Draft
from genai_stack.features.knowledge.tables import Document, Embedding, KnowledgeBase, PassageRow
from genai_stack.infra.database.columns import new_id, now
from genai_stack.infra.database.database import Database
from genai_stack.infra.database.scope import THE_WORKSPACE
from tests.fakes.embedder import DIMENSIONS, vector

FINGERPRINT = f"fake:words:{DIMENSIONS}"
OURS = THE_WORKSPACE.workspace_id


async def make_base(database: Database) -> str:
    async with database.write() as session:
        base = await bases.create(session, THE_WORKSPACE, Draft("Papers"))
        base.fingerprint, base.dimensions = FINGERPRINT, DIMENSIONS
        return base.id


async def put(database: Database, base_id: str, texts: Sequence[str]) -> str:
    """A document whose passages are these texts; its id. Their words make the vectors."""
    document_id = new_id()
    hashes = [hashlib.sha256(f"{document_id} {text}".encode()).digest() for text in texts]
    place = {"workspace_id": OURS, "knowledge_base_id": base_id}
    async with database.write() as session:
        await bases.bump_revision(session, THE_WORKSPACE, base_id)
        session.add(
            Document(
                id=document_id, filename="a.txt", size=1, status="ready", chunks=len(texts), created_at=now(), **place
            )
        )
        await session.flush()
        passages = [
            {"id": new_id(), "document_id": document_id, "position": n, "text": text, "text_hash": hashes[n], **place}
            for n, text in enumerate(texts)
        ]
        embeddings = [
            {"workspace_id": OURS, "fingerprint": FINGERPRINT, "text_hash": hashes[n], "vector": vector(text)}
            for n, text in enumerate(texts)
        ]
        await session.execute(insert(PassageRow), passages)
        await session.execute(insert(Embedding), embeddings)
    return document_id


async def take_away(database: Database, base_id: str, document_id: str) -> None:
    """As removal does: out of sight first, then out of SQL."""
    there = (Document.workspace_id == OURS, Document.id == document_id)
    async with database.write() as session:
        await bases.bump_revision(session, THE_WORKSPACE, base_id)
        await session.execute(update(Document).where(*there).values(status="deleting"))
    async with database.write() as session:
        await session.execute(delete(Document).where(*there))


async def soft_delete(database: Database, base_id: str) -> None:
    async with database.write() as session:
        await bases.soft_delete(session, THE_WORKSPACE, base_id)


async def is_there(database: Database, base_id: str) -> bool:
    async with database.read() as session:
        found = select(KnowledgeBase.id).where(KnowledgeBase.id == base_id, KnowledgeBase.revision > bases.DELETED)
        return await session.scalar(found) is not None
