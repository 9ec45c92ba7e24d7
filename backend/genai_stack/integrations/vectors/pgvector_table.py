"""A collection in PostgreSQL: its table, and the statements over it."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import TextClause, text

from genai_stack.integrations.vectors.pgvector_ground import COLLECTIONS, SCHEMA

HNSW_DIMENSIONS = 2_000  # of `vector`; halves (`halfvec`) have twice as many, beyond which there is no HNSW
IN_ROW_DIMENSIONS = 2_000  # dimensions that fit into a page: where they are looked at, none is fetched from elsewhere
REFINED_FACTOR = 4  # times as many as asked for are found by halves, then ranked by the whole numbers
EF_CONSTRUCTION_CANDIDATES = 256  # for each vector: with 100, HNSW loses more of what resembles nothing else
HNSW_BYTES_PER_VECTOR = 600  # bytes of HNSW per vector beside its numbers


class VectorTable:
    """`types` is the schema of pgvector; no name in here comes from a person."""

    def __init__(self, collection: str, types: str) -> None:
        self.id = UUID(collection)
        self._short = f"base_{self.id.hex}"
        self._name = f"{SCHEMA}.{self._short}"
        self._types = types
        self._distance = f"OPERATOR({types}.<=>)"

    def create(self, dimensions: int) -> list[TextClause]:
        return [
            text(
                f"CREATE TABLE {self._name} (id uuid PRIMARY KEY, document_id uuid NOT NULL,"
                f" embedding {self._types}.vector({dimensions:d}) NOT NULL)"
            ),
            text(f"CREATE INDEX {self._short}_document ON {self._name} (document_id)"),
            *(
                [text(f"ALTER TABLE {self._name} ALTER embedding SET STORAGE PLAIN")]
                if dimensions <= IN_ROW_DIMENSIONS
                else ()
            ),
        ]

    def drop(self) -> TextClause:
        return text(f"DROP TABLE IF EXISTS {self._name}")

    def upsert(self) -> TextClause:
        return text(
            f"INSERT INTO {self._name} VALUES (CAST(:id AS uuid), CAST(:document AS uuid), :vector)"  # noqa: S608
            " ON CONFLICT (id) DO UPDATE SET document_id = excluded.document_id, embedding = excluded.embedding"
        )

    def delete(self) -> TextClause:
        return text(f"DELETE FROM {self._name} WHERE document_id = ANY(CAST(:documents AS uuid[]))")  # noqa: S608

    def there(self) -> TextClause:
        return text(f"SELECT to_regclass('{self._name}') IS NOT NULL")

    def count(self) -> TextClause:
        return text(f"SELECT count(*) FROM {self._name}")  # noqa: S608

    def count_by_document(self) -> TextClause:
        return text(f"SELECT CAST(document_id AS text), count(*) FROM {self._name} GROUP BY document_id")  # noqa: S608

    def count_some(self, most: int) -> TextClause:
        """Of these documents, up to `most`."""
        return text(
            f"SELECT count(*) FROM (SELECT FROM {self._name}"  # noqa: S608
            f" WHERE document_id = ANY(CAST(:documents AS uuid[])) LIMIT {most:d}) AS found"
        )

    def has_hnsw(self) -> TextClause:
        return text(f"SELECT to_regclass('{SCHEMA}.{self._short}_hnsw') IS NOT NULL")

    def build_hnsw(self, dimensions: int, count: int) -> list[TextClause]:
        """Nothing where pgvector has no HNSW of so many dimensions."""
        if dimensions > 2 * HNSW_DIMENSIONS:
            return []
        kind = "vector" if dimensions <= HNSW_DIMENSIONS else "halfvec"
        memory = min(
            max(count * (4 * dimensions + HNSW_BYTES_PER_VECTOR) // 1024, 64 * 1024), 1024 * 1024
        )  # kB; more goes slowly
        return [
            text(f"SET LOCAL maintenance_work_mem = '{memory:d}kB'"),
            # Several would share memory in /dev/shm, of which a container has 64 MB.
            text("SET LOCAL max_parallel_maintenance_workers = 0"),
            text("SET LOCAL statement_timeout = 0"),
            text("SET LOCAL client_connection_check_interval = '2s'"),
            text(
                f"CREATE INDEX IF NOT EXISTS {self._short}_hnsw ON {self._name}"
                f" USING hnsw ({self._approximated(dimensions)} {self._types}.{kind}_cosine_ops)"
                f" WITH (ef_construction = {EF_CONSTRUCTION_CANDIDATES:d})"
            ),
        ]

    def search(self, dimensions: int, *, exact: bool, seen: bool, documents: Sequence[str] | None) -> TextClause:
        """Parameters are :vector, :most, and :collection with :turn, :documents where they are wanted."""
        conditions: list[str] = []
        if seen:  # within the same statement, so of the same moment
            turn = f"SELECT turn FROM {COLLECTIONS} WHERE id = CAST(:collection AS uuid)"  # noqa: S608
            conditions.append(f"({turn}) = CAST(:turn AS uuid)")
        if documents is not None:
            conditions.append("document_id = ANY(CAST(:documents AS uuid[]))")
        where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
        vector = f"CAST(:vector AS {self._types}.vector({dimensions:d}))"
        nearest = f"embedding {self._distance} {vector}"
        ranked = f"SELECT CAST(id AS text), 1 - ({nearest}) FROM {{0}} ORDER BY {{1}} LIMIT :most"  # noqa: S608
        if exact:
            return text(ranked.format(self._name + where, f"({nearest}) + 0"))  # no index is ordered by this
        if dimensions <= HNSW_DIMENSIONS:
            return text(ranked.format(self._name + where, nearest))
        halves = f"{self._approximated(dimensions)} {self._distance} {vector}::{self._types}.halfvec({dimensions:d})"
        some = f"SELECT id, embedding FROM {self._name}{where} ORDER BY {halves} LIMIT :most * {REFINED_FACTOR:d}"  # noqa: S608
        return text(ranked.format(f"({some}) AS found", nearest))

    def _approximated(self, dimensions: int) -> str:
        return "embedding" if dimensions <= HNSW_DIMENSIONS else f"(embedding::{self._types}.halfvec({dimensions:d}))"
