"""Exact search over vectors in one piece, or several."""

import struct

import pytest

from genai_stack.features.knowledge.retrieval import exact


def row(*numbers: float) -> bytes:
    length = sum(number * number for number in numbers) ** 0.5
    return struct.pack(f"<{len(numbers)}f", *(number / length for number in numbers))


def test_the_best_rows_come_first_with_their_cosine() -> None:
    matrix = row(1, 0) + row(0, 1) + row(1, 1) + row(-1, 0)
    assert exact.rank([matrix[:8], matrix[8:]], 2, row(1, 0), 3) == [
        (0, pytest.approx(1)),
        (2, pytest.approx(0.5**0.5)),
        (1, pytest.approx(0)),
    ]


def test_among_equals_the_earlier_comes_first() -> None:
    assert [at for at, _ in exact.rank([row(1, 0)] * 9, 2, row(1, 0), 4)] == [0, 1, 2, 3]


@pytest.mark.parametrize("limit", [0, 1, 99])
def test_any_limit_may_be_asked_for(limit: int) -> None:
    assert len(exact.rank([row(1, 0), row(0, 1)], 2, row(1, 0), limit)) == min(2, limit)


def test_nothing_has_nothing_near() -> None:
    assert exact.rank([b""], 2, row(1, 0), 5) == []
