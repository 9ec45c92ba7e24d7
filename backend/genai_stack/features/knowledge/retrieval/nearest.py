"""Exact search over the vectors in SQL, kept in memory by document: one that is ready never changes."""

import asyncio
import heapq
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from genai_stack.errors import StackError
from genai_stack.features.knowledge.retrieval import exact
from genai_stack.features.knowledge.tables import Embedding, PassageRow
from genai_stack.infra.database.database import Database
from genai_stack.infra.database.scope import Scope
from genai_stack.integrations.vectors.vector_store import Hit

MEMORY = 256 * 1024 * 1024  # bytes of vectors that are kept
BATCH = 2_000  # passages per query
LOOP_BYTES = exact.LOOP_BYTES


@dataclass(frozen=True, slots=True)
class VectorBlock:
    """The vectors of one document, and whose they are."""

    ids: Sequence[str]
    matrix: bytes


class ExactSearch:
    def __init__(self, database: Database, *, memory: int = MEMORY) -> None:
        self._database = database
        self._memory = memory
        self._sheets: OrderedDict[str, VectorBlock] = OrderedDict()
        self._bytes = 0
        self._reading = asyncio.Lock()

    async def search(
        self, scope: Scope, fingerprint: str, dimensions: int, vector: bytes, limit: int, documents: Mapping[str, int]
    ) -> list[Hit]:
        """The best passages of `documents`: those that are ready, each with how many passages it has."""
        if len(vector) != dimensions * 4:
            raise StackError("The question's vector and those of the knowledge base differ in length.")
        best: list[Hit] = []
        in_thread = sum(documents.values()) * dimensions * 4 > LOOP_BYTES
        for group in _groups(documents, BATCH):
            sheets = await self._sheets_of(scope, fingerprint, group)
            if in_thread:
                found = await asyncio.to_thread(_rank, sheets, dimensions, vector, limit)
            else:
                found = _rank(sheets, dimensions, vector, limit)
            best = heapq.nlargest(limit, [*best, *found], key=_score)
        return best

    async def _sheets_of(self, scope: Scope, fingerprint: str, documents: Mapping[str, int]) -> list[VectorBlock]:
        if all(document in self._sheets for document in documents):
            return [self._used(document) for document in documents]
        async with self._reading:  # several questions at once read the same vectors once
            missing = {document: count for document, count in documents.items() if document not in self._sheets}
            read = await self._read(scope, fingerprint, missing) if missing else {}
            sheets = [read.get(document) or self._used(document) for document in documents]
            for document, sheet in read.items():
                self._keep(document, sheet)
        return sheets

    async def _read(self, scope: Scope, fingerprint: str, documents: Mapping[str, int]) -> dict[str, VectorBlock]:
        query = (
            select(PassageRow.document_id, PassageRow.id, Embedding.vector)
            .join(
                Embedding,
                (Embedding.text_hash == PassageRow.text_hash)
                & (Embedding.workspace_id == PassageRow.workspace_id)
                & (Embedding.fingerprint == fingerprint),
            )
            .where(PassageRow.of(scope), PassageRow.document_id.in_(list(documents)))
            .order_by(PassageRow.document_id, PassageRow.position)
        )
        ids: dict[str, list[str]] = {document: [] for document in documents}
        vectors: dict[str, list[bytes]] = {document: [] for document in documents}
        async with self._database.read_much() as session:
            for document_id, passage_id, vector in await session.execute(query):
                ids[document_id].append(passage_id)
                vectors[document_id].append(vector)
        for document, count in documents.items():
            if len(ids[document]) not in {0, count}:  # none at all: it was deleted just now
                raise StackError("Vectors of a document are missing. Delete it, then upload it again.")
        return {
            document: VectorBlock(ids[document], b"".join(vectors[document])) for document in documents if ids[document]
        }

    def _used(self, document: str) -> VectorBlock:
        sheet = self._sheets.get(document)
        if sheet is None:  # deleted just now
            return VectorBlock((), b"")
        self._sheets.move_to_end(document)
        return sheet

    def _keep(self, document: str, sheet: VectorBlock) -> None:
        self._sheets[document] = sheet
        self._bytes += len(sheet.matrix)
        while self._bytes > self._memory:
            _, oldest = self._sheets.popitem(last=False)
            self._bytes -= len(oldest.matrix)


def _rank(sheets: Sequence[VectorBlock], dimensions: int, vector: bytes, limit: int) -> list[Hit]:
    ids = [identity for sheet in sheets for identity in sheet.ids]
    best = exact.rank([sheet.matrix for sheet in sheets], dimensions, vector, limit)
    return [Hit(ids[row], score) for row, score in best]


def _score(hit: Hit) -> float:
    return hit.score


def _groups(documents: Mapping[str, int], most: int) -> Iterator[dict[str, int]]:
    """Documents together of about `most` passages; one that is larger stands alone."""
    group: dict[str, int] = {}
    passages = 0
    for document, count in documents.items():
        if group and passages + count > most:
            yield group
            group, passages = {}, 0
        group[document] = count
        passages += count
    if group:
        yield group
