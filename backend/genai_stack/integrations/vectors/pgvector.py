"""Vectors in PostgreSQL itself, by pgvector: one table per knowledge base, HNSW over the cosine where it is large.

Each change is a transaction that holds the collection's row and writes only if nobody took the collection since.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeVar
from uuid import UUID, uuid4

import structlog
from sqlalchemy import Delete, Select, TextClause, Update, delete, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import ProgrammingError, SQLAlchemyError

from genai_stack.errors import Busy, Invalid, StackError
from genai_stack.infra.database.database import Database, Transaction
from genai_stack.integrations.vectors import pgvector_ground
from genai_stack.integrations.vectors.pgvector_ground import COLLECTIONS
from genai_stack.integrations.vectors.pgvector_table import VectorTable
from genai_stack.integrations.vectors.pgvector_wire import Vector, wired
from genai_stack.integrations.vectors.vector_store import Held, Hit, taken

VECTORS_PER_STATEMENT = 100
EF_SEARCH_CANDIDATES = 100  # candidates that HNSW keeps while it walks (`hnsw.ef_search`)
EXACT_SCAN_NUMBERS = 2_000_000  # numbers that are looked at one by one as quickly as HNSW is walked
EXACT_SCAN_VECTORS = 20_000
MAX_SCAN_VECTORS = 200_000  # vectors that HNSW looks at where most belong to documents that were not chosen
# A table, schema, type, column or operator is there no more.
DELETED_CODES = frozenset(("42P01", "3F000", "42704", "42703", "42883"))

WALK_SQL = text(
    f"SELECT set_config('hnsw.ef_search', '{EF_SEARCH_CANDIDATES}', true),"
    " set_config('hnsw.iterative_scan', 'strict_order', true),"
    f" set_config('hnsw.max_scan_tuples', '{MAX_SCAN_VECTORS}', true),"
    # The planner takes a comparison of vectors for as cheap as one of numbers, and would look at all and sort them.
    " set_config('enable_sort', 'off', true), set_config('jit', 'off', true)"
)

log = structlog.get_logger(__name__)

T = TypeVar("T")
Work = Callable[[Transaction, VectorTable], T]
Narrowed = TypeVar("Narrowed", Select[*tuple[Any, ...]], Update, Delete)


class PgvectorIndex:
    """What is committed stays, so there is one generation.

    `quick` is how many numbers a collection has up to which all are looked at, so that it needs no HNSW; `chosen` is
    how many vectors of chosen documents are.
    """

    crash_safe = True
    generation = 1
    worth_from = 0

    def __init__(
        self, database: Database, *, quick: int = EXACT_SCAN_NUMBERS, chosen: int = EXACT_SCAN_VECTORS
    ) -> None:
        self._database = database
        self._quick = quick
        self._chosen = chosen
        self._types: str | None = None
        self._starting: asyncio.Task[None] | None = None
        self._turns: dict[str, UUID] = {}  # of the collections that are being changed here
        self.degraded_reason: str | None = None

    @property
    def ready(self) -> bool:
        return self._types is not None

    def start(self) -> None:
        if self._types is None and self._starting is None:
            self._starting = asyncio.create_task(self._start())

    async def may_hold(self, collection: str) -> bool:
        del collection
        return True

    async def close(self) -> None:
        if self._starting is not None:
            self._starting.cancel()
            await asyncio.gather(self._starting, return_exceptions=True)

    async def add(
        self, collection: str, ids: Sequence[str], vectors: Sequence[bytes], documents: Sequence[str]
    ) -> None:
        if not ids:
            return
        dimensions = len(vectors[0]) // 4
        rows: list[dict[str, Any]] = [
            {"id": one, "vector": Vector(vector), "document": document}
            for one, vector, document in zip(ids, vectors, documents, strict=True)
        ]

        def work(transaction: Transaction, table: VectorTable) -> None:
            made = self._row(transaction, table, collection)
            if made is None:
                transaction.execute(table.drop())
                for statement in table.create(dimensions):
                    transaction.execute(statement)
                transaction.execute(_of(update(COLLECTIONS), table).values(dimensions=dimensions))
            elif made != dimensions:
                raise Invalid(f"The collection has vectors of {made} numbers, and none of {dimensions}.")
            for start in range(0, len(rows), VECTORS_PER_STATEMENT):
                transaction.execute(table.upsert(), rows[start : start + VECTORS_PER_STATEMENT])

        await self._change(collection, work)

    async def search(
        self,
        collection: str,
        vector: bytes,
        limit: int,
        document_ids: Sequence[str] | None = None,
        seen: Held | None = None,
    ) -> list[Hit]:
        if self._types is None:
            self.start()
            raise Busy(
                self.degraded_reason or "The search index is starting. Try again in a moment.", code="INDEX_AWAY"
            )
        if limit < 1:
            return []
        wanted: dict[str, Any] = {"vector": Vector(vector), "most": limit}
        if seen is not None:
            wanted |= {"turn": seen.identity, "collection": collection}
        if document_ids is not None:
            wanted |= {"documents": list(document_ids)}

        def work(transaction: Transaction, table: VectorTable) -> list[Hit]:
            def found(*, exact: bool) -> list[Hit]:
                statement = table.search(len(vector) // 4, exact=exact, seen=seen is not None, documents=document_ids)
                return [Hit(row[0], row[1]) for row in transaction.execute(statement, wanted)]

            if document_ids is not None:
                some = table.count_some(self._chosen + 1)
                if transaction.scalar(some, {"documents": wanted["documents"]}) <= self._chosen:
                    return found(exact=True)
            transaction.execute(WALK_SQL)
            hits = found(exact=False)
            # HNSW may end before it has met enough; looking at all of them does not.
            return hits if len(hits) == limit else found(exact=True)

        return await self._look(
            self._database.run_write, collection, work, []
        )  # what WALK sets is set in a transaction

    async def drop(self, collection: str, document_ids: Sequence[str] | None = None) -> None:
        def some(transaction: Transaction, table: VectorTable) -> None:
            if self._row(transaction, table, collection) is not None:
                transaction.execute(table.delete(), {"documents": list(document_ids or ())})

        def whole(transaction: Transaction, table: VectorTable) -> None:
            transaction.execute(_of(select(COLLECTIONS), table).with_for_update())
            transaction.execute(table.drop())
            transaction.execute(_of(delete(COLLECTIONS), table))

        if document_ids is not None:
            await self._change(collection, some)
        else:  # whoever changes it finds it gone
            self._turns.pop(collection, None)
            await self._change(collection, whole)

    async def take(self, collection: str, seen: Held | None) -> None:
        turn = uuid4()

        def work(transaction: Transaction, table: VectorTable) -> None:
            row = transaction.execute(_of(select(COLLECTIONS), table).with_for_update()).first()
            if (str(row.turn) if row else None) != (seen.identity if seen else None):
                raise taken()
            if row is None:
                made = insert(COLLECTIONS).values(id=table.id, turn=turn).on_conflict_do_nothing()
                if not transaction.scalar(made.returning(COLLECTIONS.c.id)):
                    raise taken()
            transaction.execute(_of(update(COLLECTIONS), table).values(turn=turn, revision=None))

        self._turns.pop(collection, None)
        await self._change(collection, work)
        self._turns[collection] = turn

    async def mark(self, collection: str, revision: int) -> None:
        def wanting(transaction: Transaction, table: VectorTable) -> Sequence[TextClause]:
            dimensions = self._row(transaction, table, collection)
            if dimensions is None or transaction.scalar(table.has_hnsw()):
                return ()
            count = transaction.scalar(table.count()) or 0
            return table.build_hnsw(dimensions, count) if dimensions * count > self._quick else ()

        def build(transaction: Transaction, table: VectorTable) -> None:
            for statement in statements:
                transaction.execute(statement)

        def mark(transaction: Transaction, table: VectorTable) -> None:
            self._row(transaction, table, collection)
            transaction.execute(_of(update(COLLECTIONS), table).values(revision=revision))

        # HNSW is built after the vectors are there: four times as quick as growing it. Its transaction does not hold
        # the collection's row, on which one that takes over from a process that died would wait.
        if statements := await self._change(collection, wanting):
            await self._change(collection, build)
        await self._change(collection, mark)
        self._turns.pop(collection, None)

    async def held(self, collection: str) -> Held | None:
        def work(transaction: Transaction, table: VectorTable) -> Held | None:
            row = transaction.execute(_of(select(COLLECTIONS), table)).first()
            if row is None:
                return None
            if row.dimensions is None or not transaction.scalar(table.there()):
                return Held(None if row.dimensions else row.revision, 0, str(row.turn))
            return Held(row.revision, transaction.scalar(table.count()) or 0, str(row.turn))

        await self._laid()
        return await self._look(self._database.run_read, collection, work, None)

    async def documents(self, collection: str) -> Mapping[str, int]:
        def work(transaction: Transaction, table: VectorTable) -> Mapping[str, int]:
            return {row[0]: row[1] for row in transaction.execute(table.count_by_document())}

        await self._laid()
        return await self._look(self._database.run_read, collection, work, {})

    def _row(self, transaction: Transaction, table: VectorTable, collection: str) -> int | None:
        """Holds the collection to the end of the transaction; its dimensions, None where it has no table yet."""
        row = transaction.execute(_of(select(COLLECTIONS), table).with_for_update()).first()
        if row is None or row.turn != self._turns.get(collection):
            raise taken()
        return row.dimensions

    async def _change(self, collection: str, work: Work[T]) -> T:
        types = await self._laid()
        try:
            return await self._database.run_write(lambda part: work(wired(part), VectorTable(collection, types)))
        except ProgrammingError as error:
            if not _is_gone(error):
                raise
            self._types = None  # before the next change all of it is looked for
            raise Busy("The index lost its data and is being rebuilt.", code="INDEX_AWAY") from error

    async def _look(
        self,
        ask: Callable[[Callable[[Transaction], T]], Awaitable[T]],
        collection: str,
        work: Work[T],
        nothing: T,
    ) -> T:
        """What is found by `ask`, one of the database's ways to do work."""
        types = self._types or ""
        try:
            return await ask(lambda part: work(wired(part), VectorTable(collection, types)))
        except ProgrammingError as error:
            if not _is_gone(error):
                raise
            return nothing

    async def _laid(self) -> str:
        if self._types is None:
            try:
                self._types = await pgvector_ground.laid(self._database)
            except Busy as error:
                self.degraded_reason = error.message
                raise
            self.degraded_reason = None
        return self._types

    async def _start(self) -> None:
        try:
            await self._laid()
        except (StackError, SQLAlchemyError) as error:
            log.warning("index.not_started", reason=str(error))
        finally:
            self._starting = None


def _is_gone(error: ProgrammingError) -> bool:
    """Whether it was dropped, by another process or by hand."""
    return getattr(error.orig, "sqlstate", None) in DELETED_CODES


def _of(statement: Narrowed, table: VectorTable) -> Narrowed:
    """The statement over collections, for this one."""
    return statement.where(COLLECTIONS.c.id == table.id)
