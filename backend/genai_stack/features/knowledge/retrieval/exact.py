"""Exact nearest neighbours: the cosine with every vector, for when the index is not there, or not worth it."""

from collections.abc import Sequence

LOOP_BYTES = 8_000_000  # up to here it takes 2 ms at most; beyond it belongs into a thread


def rank(matrices: Sequence[bytes], dimensions: int, query: bytes, limit: int) -> list[tuple[int, float]]:
    """The best rows with their cosine, best first; among equals the earlier. Rows count through all matrices.

    Vectors are as an Embedder gives them.
    """
    import numpy as np  # noqa: PLC0415

    blocks = [np.frombuffer(matrix, "<f4").reshape(-1, dimensions) for matrix in matrices]
    limit = min(limit, sum(len(block) for block in blocks))
    if limit < 1:
        return []
    asked = np.frombuffer(query, "<f4")
    scores = np.concatenate([block @ asked for block in blocks])
    worst = np.partition(scores, len(scores) - limit)[len(scores) - limit]
    near = np.flatnonzero(scores >= worst)
    best = near[np.argsort(-scores[near], kind="stable")][:limit]
    return [(int(row), float(scores[row])) for row in best]
