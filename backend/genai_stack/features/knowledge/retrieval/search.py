"""Search: the passages of a knowledge base that come nearest to a question."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from msgspec.structs import replace
from sqlalchemy import select

from genai_stack.engine.ports import Passage
from genai_stack.errors import Conflict, Invalid, NotFound
from genai_stack.features.knowledge import bases
from genai_stack.features.knowledge.bases import EmbedderChoice, OpenEmbedder
from genai_stack.features.knowledge.retrieval import exact, lexical
from genai_stack.features.knowledge.retrieval.best_sentence import best_sentences
from genai_stack.features.knowledge.retrieval.fusion import fused
from genai_stack.features.knowledge.retrieval.index import Index
from genai_stack.features.knowledge.retrieval.index_snapshot import IndexSnapshot, read_snapshot
from genai_stack.features.knowledge.retrieval.nearest import ExactSearch
from genai_stack.features.knowledge.tables import Document, Embedding, PassageRow
from genai_stack.infra.database.database import Database, ReadSession
from genai_stack.infra.database.scope import Scope
from genai_stack.infra.telemetry.metrics import Retrieval
from genai_stack.integrations.embedding.closeness import Closeness
from genai_stack.integrations.embedding.embedder import Embedder
from genai_stack.integrations.vectors.vector_store import Hit

MOST = 50  # passages in an answer
POOL = 50  # passages of each ranking that are fused
SMALL = 200  # passages: up to here SQL answers quicker than any index, which is not looked at for them

Scalar = str | int | float | bool


class Search:
    def __init__(
        self,
        database: Database,
        index: Index,
        nearest: ExactSearch,
        open_embedder: OpenEmbedder,
        closeness: Closeness | None = None,
    ) -> None:
        self._database = database
        self._index = index
        self._nearest = nearest
        self._open_embedder = open_embedder
        self._closeness = closeness

    async def search(
        self,
        scope: Scope,
        knowledge_base_id: str,
        query: str,
        *,
        top_k: int = 4,
        min_score: float = -1.0,
        document_ids: Sequence[str] | None = None,
        filter: Mapping[str, Scalar] | None = None,  # noqa: A002 (its name in the API)
        left_out: Collection[str] = (),
    ) -> list[Passage]:
        """Of ready documents, best first: by vectors and by words, their ranks fused.

        A passage's score is the cosine of its vector to the question's, so scores need not descend: one that holds
        the question's part number comes first whatever its cosine. `min_score` is a cosine, too. `filter` is equality
        on a document's metadata. Documents `left_out` are not searched.
        """
        with Retrieval() as told:
            found = await self._search(
                told, scope, knowledge_base_id, query, top_k, document_ids, filter or {}, left_out
            )
        found = [passage for passage in found if passage.score >= min_score]
        matches = await best_sentences(query, [passage.text for passage in found], self._closeness)
        return [replace(passage, match=match) for passage, match in zip(found, matches, strict=True)]

    async def _search(
        self,
        told: Retrieval,
        scope: Scope,
        knowledge_base_id: str,
        query: str,
        top_k: int,
        document_ids: Sequence[str] | None,
        wanted: Mapping[str, Scalar],
        left_out: Collection[str],
    ) -> list[Passage]:
        if not 1 <= top_k <= MOST:
            raise Invalid(f"A search returns 1 to {MOST} passages (top_k), not {top_k}.")
        async with self._database.read() as session:
            choice = EmbedderChoice.of((await bases.find(session, scope, knowledge_base_id)).embedder)
            snapshot = await read_snapshot(session, scope, knowledge_base_id)
            if snapshot is None:
                raise NotFound("There is no such knowledge base.")
            chosen = await _chosen(session, snapshot, document_ids, wanted)
        if left_out:
            chosen = [one for one in (snapshot.documents if chosen is None else chosen) if one not in left_out]
        looked_through = (
            snapshot.documents if chosen is None else {document: snapshot.documents[document] for document in chosen}
        )
        if not any(looked_through.values()) or not query.strip():
            return []
        vector = await self._vector(await self._open_embedder(scope, choice, snapshot.fingerprint), snapshot, query)
        nearest = await self._find(told, snapshot, vector, max(top_k, POOL), chosen, looked_through)
        async with self._database.read_much() as session:
            by_words = await lexical.search(session, scope, knowledge_base_id, query, max(top_k, POOL), chosen)
            order = fused([[hit.id for hit in nearest], by_words.ranked], by_words.literal)[:top_k]
            scores = {hit.id: hit.score for hit in nearest}
            unscored = [passage for passage in order if passage not in scores]
            scores |= await _cosines(session, snapshot, vector, unscored)
        return await self._passages(snapshot, [Hit(passage, scores[passage]) for passage in order if passage in scores])

    async def _vector(self, embedder: Embedder, snapshot: IndexSnapshot, query: str) -> bytes:
        fingerprint = await embedder.fingerprint()
        if fingerprint != snapshot.fingerprint:
            raise Conflict(
                f"The documents were embedded with {snapshot.fingerprint}, "
                f"and questions would now be by {fingerprint}: they cannot be compared. "
                "Choose the knowledge base's former embedder, or create a new one.",
                code="EMBEDDER_CHANGED",
            )
        return (await embedder.embed([query], purpose="query"))[0]

    async def _find(
        self,
        told: Retrieval,
        snapshot: IndexSnapshot,
        vector: bytes,
        limit: int,
        chosen: Sequence[str] | None,
        documents: Mapping[str, int],
    ) -> list[Hit]:
        """The nearest passages: from the index where it is in sync, else from SQL."""
        hits = await self._index.search(snapshot, vector, limit, chosen)
        if hits is not None:
            passages = await self._passages(snapshot, hits)
            if len(passages) == len(hits):
                told.source = "index"
                return list(hits)
            self._index.mark_suspect(snapshot)
        elif snapshot.held.count > SMALL and self._index.is_worth(snapshot) and not self._index.in_sync(snapshot):
            self._index.refresh(snapshot.scope, snapshot.base_id)
        told.source = "sql"
        fingerprint = snapshot.fingerprint or ""
        return await self._nearest.search(snapshot.scope, fingerprint, snapshot.dimensions, vector, limit, documents)

    async def _passages(self, snapshot: IndexSnapshot, hits: Sequence[Hit]) -> list[Passage]:
        query = (
            select(PassageRow.id, Document.id, Document.filename, PassageRow.page, PassageRow.text)
            .join(Document, Document.id == PassageRow.document_id)
            .where(
                PassageRow.of(snapshot.scope),
                PassageRow.knowledge_base_id == snapshot.base_id,
                PassageRow.id.in_([hit.id for hit in hits]),
                Document.status == "ready",
            )
        )
        async with self._database.read() as session:
            rows = {row[0]: row[1:] for row in (await session.execute(query))}
        found: list[Passage] = []
        for hit in hits:
            if row := rows.get(hit.id):
                document_id, filename, page, text = row
                score = round(max(-1.0, min(1.0, hit.score)), 6)
                found.append(Passage(document_id=document_id, filename=filename, page=page, score=score, text=text))
        return found


async def _cosines(
    session: ReadSession, snapshot: IndexSnapshot, vector: bytes, passages: Sequence[str]
) -> dict[str, float]:
    if not passages:
        return {}
    rows = await session.execute(
        select(PassageRow.id, Embedding.vector)
        .join(
            Embedding,
            (Embedding.text_hash == PassageRow.text_hash)
            & (Embedding.workspace_id == PassageRow.workspace_id)
            & (Embedding.fingerprint == snapshot.fingerprint),
        )
        .where(PassageRow.of(snapshot.scope), PassageRow.id.in_(passages))
    )
    return {passage: exact.rank([content], snapshot.dimensions, vector, 1)[0][1] for passage, content in rows}


async def _chosen(
    session: ReadSession, snapshot: IndexSnapshot, document_ids: Sequence[str] | None, wanted: Mapping[str, Scalar]
) -> list[str] | None:
    """The ready documents that are meant; None for all of them."""
    if document_ids is None and not wanted:
        return None
    if document_ids is not None:
        await _check_there(session, snapshot, document_ids)
    chosen = list(dict.fromkeys(document_ids if document_ids is not None else snapshot.documents))
    chosen = [document for document in chosen if document in snapshot.documents]
    if not wanted or not chosen:
        return chosen
    query = select(Document.id, Document.meta).where(
        Document.of(snapshot.scope),
        Document.knowledge_base_id == snapshot.base_id,
        Document.status == "ready",
        *[Document.meta[key].as_string() == value for key, value in wanted.items() if isinstance(value, str)],
    )
    # The two databases compare JSON values of unlike types each in its own way: the last word is said here.
    fitting = {document for document, meta in (await session.execute(query)) if _fits(meta, wanted)}
    return [document for document in chosen if document in fitting]


async def _check_there(session: ReadSession, snapshot: IndexSnapshot, document_ids: Sequence[str]) -> None:
    """Those that are not ready are there as well, only without passages."""
    others = [document for document in document_ids if document not in snapshot.documents]
    if not others:
        return
    there = (Document.of(snapshot.scope), Document.knowledge_base_id == snapshot.base_id)
    known = set(await session.scalars(select(Document.id).where(*there, Document.id.in_(others))))
    if unknown := [document for document in others if document not in known]:
        raise NotFound(f"The knowledge base has no document {unknown[0]}.")


def _fits(meta: Mapping[str, Any], wanted: Mapping[str, Scalar]) -> bool:
    return all(
        key in meta and meta[key] == value and isinstance(meta[key], bool) == isinstance(value, bool)
        for key, value in wanted.items()
    )
