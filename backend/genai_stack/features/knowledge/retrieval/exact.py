"""Exact nearest neighbours: the cosine with every vector, for when the index is not there, or not worth it."""

LOOP_BYTES = 8_000_000  # up to here it takes 2 ms at most; beyond it belongs into a thread


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
