"""The snapshot of a knowledge base that its index is brought to, and the vectors of it, read from SQL."""

import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import Select, select

from genai_stack.features.knowledge.bases import DELETED
from genai_stack.features.knowledge.tables import Document, Embedding, KnowledgeBase, PassageRow
from genai_stack.infra.database.database import Database, ReadSession
from genai_stack.infra.database.scope import Scope
from genai_stack.integrations.vectors.vector_store import Held, Probe

VECTORS_PER_QUERY = 500
SAMPLES = 16  # vectors that must find themselves before a collection is believed


@dataclass(frozen=True, slots=True)
class IndexSnapshot:
    """What may be found in a knowledge base at a revision: ready documents, each with how many passages it has."""

    scope: Scope
    base_id: str
    fingerprint: str | None
    dimensions: int
    revision: int
    documents: Mapping[str, int]

    @property
    def held(self) -> Held:
        """What a collection holds that is in sync."""
        return Held(self.revision, sum(self.documents.values()))


async def read_snapshot(session: ReadSession, scope: Scope, base_id: str) -> IndexSnapshot | None:
    """None where there is no such knowledge base, or no more."""
    base = await session.scalar(
        select(KnowledgeBase).where(
            KnowledgeBase.of(scope),
            KnowledgeBase.id == base_id,
            KnowledgeBase.revision > DELETED,
        )
    )
    if base is None:
        return None
    documents = await session.execute(
        select(Document.id, Document.chunks)
        .where(
            Document.of(scope),
            Document.knowledge_base_id == base_id,
            Document.status == "ready",
        )
        .order_by(Document.created_at, Document.id)
    )
    counts = {document: chunks or 0 for document, chunks in documents}
    return IndexSnapshot(scope, base_id, base.fingerprint, base.dimensions or 0, base.revision, counts)


def select_vectors(snapshot: IndexSnapshot, document: str, after: int) -> Select[int, str, bytes]:
    return (
        select(PassageRow.position, PassageRow.id, Embedding.vector)
        .join(
            Embedding,
            (Embedding.text_hash == PassageRow.text_hash)
            & (Embedding.workspace_id == PassageRow.workspace_id)
            & (Embedding.fingerprint == snapshot.fingerprint),
        )
        .where(
            PassageRow.of(snapshot.scope),
            PassageRow.document_id == document,
            PassageRow.position > after,
        )
        .order_by(PassageRow.position)
        .limit(VECTORS_PER_QUERY)
    )


async def read_samples(database: Database, snapshot: IndexSnapshot, documents: Iterable[str]) -> list[Probe]:
    """A few passages, any of these documents', with their vectors."""
    samples: list[Probe] = []
    with_passages = [document for document in documents if snapshot.documents[document]]
    if not with_passages:
        return samples
    async with database.read() as session:
        for document in random.choices(with_passages, k=SAMPLES):  # noqa: S311 (nobody gains by guessing them)
            after = random.randrange(snapshot.documents[document]) - 1  # noqa: S311
            row = (await session.execute(select_vectors(snapshot, document, after).limit(1))).first()
            if row is not None:
                samples.append(Probe(row[1], document, row[2]))
    return samples
