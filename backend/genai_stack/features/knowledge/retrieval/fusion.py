"""Rank fusion: several rankings of the same passages become one, by reciprocal ranks."""

from collections.abc import Iterable, Sequence

RANK_OFFSET = 60
LITERAL = 2 / RANK_OFFSET
"""More than two rankings can give: what holds every identifier of the question comes before what does not."""


def fused(rankings: Iterable[Sequence[str]], literal: Sequence[str] = ()) -> list[str]:
    """The best first; among equals, the one that was met first."""
    points: dict[str, float] = {}
    for ranking in rankings:
        for rank, passage in enumerate(ranking, 1):
            points[passage] = points.get(passage, 0.0) + 1 / (RANK_OFFSET + rank)
    for passage in literal:
        points[passage] = points.get(passage, 0.0) + LITERAL
    return sorted(points, key=lambda passage: -points[passage])
