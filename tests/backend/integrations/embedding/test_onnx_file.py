"""ONNX files: what is written is what ONNX Runtime reads and computes."""

import numpy as np
import onnxruntime

from genai_stack.integrations.embedding.onnx_file import GraphBuilder


def run(model: bytes, x: object) -> object:
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    return session.run(None, {"x": x})[0]


def test_a_graph_computes_with_its_constants() -> None:
    graph = GraphBuilder()
    weight = np.arange(6, dtype=np.float32).reshape(2, 3)
    graph.op("MatMul", "x", graph.constant(weight), output="y")
    model = graph.model({"x": "float32"}, {"y": "float32"})
    x = np.array([[1, 2], [3, 4]], np.float32)
    assert np.array_equal(run(model, x), x @ weight)


def test_numbers_lists_and_several_outputs_of_a_node_are_written() -> None:
    graph = GraphBuilder()
    first, _second = graph.ops("Split", "x", outputs=["", ""], axis=1, num_outputs=2)
    turned = graph.op("Transpose", first, perm=[1, 0])
    graph.op("LeakyRelu", turned, output="y", alpha=0.5)
    model = graph.model({"x": "float32"}, {"y": "float32"})
    x = np.array([[-2, 1, 9, 9], [4, -6, 9, 9]], np.float32)
    assert np.array_equal(run(model, x), [[-1, 4], [1, -3]])


def test_sizes_beyond_one_byte_are_written() -> None:
    graph = GraphBuilder()
    long = np.arange(70_000, dtype=np.float32)
    graph.op("Add", "x", graph.constant(long), output="y")
    model = graph.model({"x": "float32"}, {"y": "float32"})
    assert np.array_equal(run(model, np.zeros((1, 70_000), np.float32)), long[None])
