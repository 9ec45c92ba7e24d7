"""The graph of the local model: the same bytes every time, and how large they are."""

import mmap
from collections.abc import Iterator

import pytest

from genai_stack.integrations.embedding import minilm_graph
from genai_stack.integrations.embedding.minilm import WEIGHTS, weights_folder


@pytest.fixture
def weights() -> Iterator[mmap.mmap]:
    with (weights_folder() / WEIGHTS).open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as all_:
        yield all_


def test_int8_is_a_third_of_float32_and_is_the_same_each_time(weights: mmap.mmap) -> None:
    small = minilm_graph.build(weights, "int8")
    assert small == minilm_graph.build(weights, "int8")
    assert len(small) < len(minilm_graph.build(weights, "float32")) / 3


def test_unsigned_matrices_take_as_much_room(weights: mmap.mmap) -> None:
    assert len(minilm_graph.build(weights, "uint8")) == len(minilm_graph.build(weights, "int8"))
