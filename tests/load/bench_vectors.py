"""Vector stores side by side: adding, asking, and how much of what is nearest they find."""

import asyncio
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np

from genai_stack.infra.database.database import Database
from genai_stack.integrations.vectors.chroma import ChromaIndex
from genai_stack.integrations.vectors.chroma_child import ChromaChild
from genai_stack.integrations.vectors.pgvector import EXACT_SCAN_NUMBERS, PgvectorIndex
from genai_stack.integrations.vectors.vector_store import Hit, VectorIndex
from tests.load.table import Table
from tests.support.postgres import Postgres

COUNT = int(os.environ.get("GENAI_STACK_BENCH_VECTORS", "10000"))
DIMENSIONS = 384
TOPICS = 200  # that passages are about
PER_DOCUMENT = 100
QUESTIONS = 500
BATCH = 500  # as the index adds them
NAME = str(UUID(int=1))

Matrix = Any  # rows of length 1


def near_topics(count: int, seed: int) -> Matrix:
    topics = np.random.default_rng(0).normal(size=(TOPICS, DIMENSIONS))
    chance = np.random.default_rng(seed)
    rows = topics[chance.integers(TOPICS, size=count)] + 1.5 * chance.normal(size=(count, DIMENSIONS))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype("<f4")


def identity(number: int) -> str:
    return str(UUID(int=1 + number))


async def filled(store: VectorIndex, vectors: Matrix) -> float:
    """Seconds until it is marked."""
    began = time.perf_counter()
    await store.take(NAME, await store.held(NAME))
    for start in range(0, len(vectors), BATCH):
        numbers = range(start, min(start + BATCH, len(vectors)))
        rows = [vectors[number].tobytes() for number in numbers]
        documents = [identity(number // PER_DOCUMENT) for number in numbers]
        await store.add(NAME, [identity(number) for number in numbers], rows, documents)
    await store.mark(NAME, 1)
    return time.perf_counter() - began


async def asked(
    store: VectorIndex, questions: Matrix, best: Sequence[set[str]], documents: Sequence[str] | None = None
) -> tuple[str, str, str]:
    """The median and the 99th percentile of a question's time, and the share found of the ten nearest."""
    times: list[float] = []
    found = 0
    for question, nearest in zip(questions, best, strict=True):
        began = time.perf_counter()
        hits: list[Hit] = await store.search(NAME, question.tobytes(), 10, documents)
        times.append((time.perf_counter() - began) * 1000)
        found += len({hit.id for hit in hits} & nearest)
    times.sort()
    cut = len(times) // 100
    return f"{times[len(times) // 2]:.1f}", f"{times[-1 - cut]:.1f}", f"{found / 10 / len(times):.3f}"


def nearest(vectors: Matrix, questions: Matrix, within: int) -> list[set[str]]:
    """Of the first `within` vectors, exactly."""
    order = np.argsort(-(questions @ vectors[:within].T), axis=1)[:, :10]
    return [{identity(int(number)) for number in row} for row in order]


async def measured(name: str, store: VectorIndex, table: Table) -> None:
    vectors, questions = near_topics(COUNT, 1), near_topics(QUESTIONS, 2)
    seconds = await filled(store, vectors)
    await asked(store, questions[:20], nearest(vectors, questions[:20], COUNT))  # warm
    whole = await asked(store, questions, nearest(vectors, questions, COUNT))
    chosen = [identity(number) for number in range(10)]
    some = await asked(store, questions[:100], nearest(vectors, questions[:100], 10 * PER_DOCUMENT), chosen)
    table.row(name, f"{COUNT / seconds:,.0f}", " · ".join(whole[:2]), whole[2], " · ".join(some[:2]), some[2])
    more = near_topics(BATCH, 3)
    began = time.perf_counter()
    await store.take(NAME, await store.held(NAME))
    await store.add(NAME, [identity(COUNT + n) for n in range(BATCH)], [row.tobytes() for row in more], chosen * 50)
    await store.mark(NAME, 2)
    table.row(f"{name}, {BATCH} more into it", f"{BATCH / (time.perf_counter() - began):,.0f}", "", "", "", "")


async def main(folder: Path, url: str) -> None:
    table = Table(
        f"{COUNT:,} vectors of {DIMENSIONS} numbers, the ten nearest",
        "added/s until marked",
        "question p50 · p99, ms",
        "found of the nearest",
        "in 10 documents p50 · p99, ms",
        "found of the nearest",
    )
    database = Database(url)
    for name, make in stores(folder, database).items():
        store = make()
        await store.drop(NAME)
        await measured(name, store, table)
        await store.close()
    await database.close()
    table.print()


def stores(folder: Path, database: Database) -> dict[str, Callable[[], VectorIndex]]:
    return {
        "Chroma, a child": lambda: ChromaIndex(ChromaChild(folder / "chroma")),
        "pgvector": lambda: PgvectorIndex(database, quick=min(EXACT_SCAN_NUMBERS, COUNT * DIMENSIONS - 1)),
        "pgvector, looking at all": lambda: PgvectorIndex(database, quick=1 << 62),
    }


if __name__ == "__main__":
    postgres = Postgres()
    postgres.start()
    try:
        with tempfile.TemporaryDirectory() as temporary:
            asyncio.run(main(Path(temporary), postgres.database()))
    finally:
        postgres.stop()
