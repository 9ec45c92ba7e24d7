"""Exact nearest neighbours: the cosine with every vector, for when the index is not there, or not worth it."""

import asyncio

LOOP_BYTES = 8_000_000  # below that, a thread would cost more than the product itself (2 ms)


def rank(matrix: bytes, dimensions: int, query: bytes, limit: int) -> list[tuple[int, float]]:
    """The best rows with their cosine, best first; among equals the earlier. Vectors are as an Embedder gives them."""
    import numpy as np  # noqa: PLC0415

    rows = np.frombuffer(matrix, "<f4").reshape(-1, dimensions)
    scores = rows @ np.frombuffer(query, "<f4")
    limit = min(limit, len(scores))
    if limit < 1:
        return []
    worst = np.partition(scores, len(scores) - limit)[len(scores) - limit]
    near = np.flatnonzero(scores >= worst)
    best = near[np.argsort(-scores[near], kind="stable")][:limit]
    return [(int(row), float(scores[row])) for row in best]


async def rank_anywhere(matrix: bytes, dimensions: int, query: bytes, limit: int) -> list[tuple[int, float]]:
    """The same, in a thread where it would hold up the loop."""
    if len(matrix) <= LOOP_BYTES:
        return rank(matrix, dimensions, query, limit)
    return await asyncio.to_thread(rank, matrix, dimensions, query, limit)
