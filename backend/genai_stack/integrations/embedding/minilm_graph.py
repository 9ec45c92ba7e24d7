"""all-MiniLM-L6-v2 as an ONNX graph, made from the published weights: matrices of int8, or float32 as they are.

The int8 matrices have a scale per column; the inputs are scaled when it runs. The widest values of this model stand
before the last matrix of the first and third layer: these two stay float32, which halves the error for 1.6 ms.
"""

import json
import mmap
from typing import TYPE_CHECKING, Literal

from genai_stack.integrations.embedding.onnx_file import MICROSOFT, GraphBuilder

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]
    Tensors = dict[str, Floats]

LAYERS, HEADS, DIMENSIONS = 6, 12, 384
WORD_PIECES = 256  # what comes after these is not read, as in sentence-transformers
EXACT_LAYERS = (0, 2)
EPSILON = 1e-12

Precision = Literal["int8", "uint8", "float32"]
"""`uint8` gives the numbers of `int8`, for processors whose instructions overflow on products of unlike signs."""


def build(weights: mmap.mmap, precision: Precision) -> bytes:
    """`ids` (int64, 1 × tokens) to `vector` (float32, 1 × 384, of length 1); the same bytes on every machine."""
    import numpy as np  # noqa: PLC0415

    tensors = read_safetensors(weights)
    graph = GraphBuilder()
    x = _normalised(graph, tensors, _embedded(graph, tensors, precision), "embeddings.LayerNorm")
    for number in range(LAYERS):
        x = _layer(graph, tensors, x, number, precision)
    mean = graph.op("ReduceMean", x, graph.constant(np.array([1])), keepdims=0)
    graph.op("LpNormalization", mean, output="vector", axis=1, p=2)
    return graph.model({"ids": "int64"}, {"vector": "float32"})


def read_safetensors(file: mmap.mmap) -> "Tensors":
    """The format: 8 bytes with the header's length, the header in JSON, the numbers."""
    import numpy as np  # noqa: PLC0415

    start = 8 + int.from_bytes(file[:8], "little")
    header: dict[str, dict[str, list[int]]] = json.loads(file[8:start])
    tensors: Tensors = {}
    for name, tensor in header.items():
        if name in {"__metadata__", "embeddings.position_ids"}:
            continue
        first, last = tensor["data_offsets"]
        numbers = np.frombuffer(file, "<f4", count=(last - first) // 4, offset=start + first)
        tensors[name] = numbers.reshape(tensor["shape"])
    return tensors


def _embedded(graph: GraphBuilder, tensors: "Tensors", precision: Precision) -> str:
    import numpy as np  # noqa: PLC0415

    words = tensors["embeddings.word_embeddings.weight"]
    if precision == "float32":
        looked_up = graph.op("Gather", graph.constant(words), "ids")
    else:
        scales = _scales(words, axis=1)
        rows = graph.op("Gather", graph.constant(np.rint(words / scales).astype(np.int8)), "ids")
        scale = graph.op("Gather", graph.constant(scales), "ids")
        looked_up = graph.op("Mul", graph.op("Cast", rows, to=1), scale)
    # Every token is of type 0, so its embedding is added to the positions once and for all.
    positions = tensors["embeddings.position_embeddings.weight"][:WORD_PIECES]
    positions = positions + tensors["embeddings.token_type_embeddings.weight"][0]
    tokens = graph.op("Shape", "ids", start=1)
    standing = graph.op("Slice", graph.constant(positions), graph.constant(np.array([0])), tokens)
    return graph.op("Add", looked_up, standing)


def _layer(graph: GraphBuilder, tensors: "Tensors", x: str, number: int, precision: Precision) -> str:
    import numpy as np  # noqa: PLC0415

    at = f"encoder.layer.{number}."
    parts = [f"{at}attention.self.{part}" for part in ("query", "key", "value")]
    weight = np.concatenate([tensors[f"{part}.weight"] for part in parts])
    bias = np.concatenate([tensors[f"{part}.bias"] for part in parts])
    qkv = _product(graph, x, weight, bias, precision)
    query, key, value = graph.ops("Split", qkv, outputs=["", "", ""], axis=2, num_outputs=3)
    context = graph.op("MultiHeadAttention", query, key, value, domain=MICROSOFT, num_heads=HEADS)
    attended = _dense(graph, tensors, context, f"{at}attention.output.dense", precision)
    x = _normalised(graph, tensors, graph.op("Add", attended, x), f"{at}attention.output.LayerNorm")
    hidden = _dense(graph, tensors, x, f"{at}intermediate.dense", precision)
    hidden = graph.op("Gelu", hidden, domain=MICROSOFT)
    last: Precision = "float32" if number in EXACT_LAYERS else precision
    passed = _dense(graph, tensors, hidden, f"{at}output.dense", last)
    return _normalised(graph, tensors, graph.op("Add", passed, x), f"{at}output.LayerNorm")


def _normalised(graph: GraphBuilder, tensors: "Tensors", x: str, name: str) -> str:
    weight, bias = (graph.constant(tensors[f"{name}.{part}"]) for part in ("weight", "bias"))
    return graph.op("LayerNormalization", x, weight, bias, axis=2, epsilon=EPSILON)


def _dense(graph: GraphBuilder, tensors: "Tensors", x: str, name: str, precision: Precision) -> str:
    return _product(graph, x, tensors[f"{name}.weight"], tensors[f"{name}.bias"], precision)


def _product(graph: GraphBuilder, x: str, weight: "Floats", bias: "Floats", precision: Precision) -> str:
    """x · weightᵀ + bias. `weight` is out × in, as published."""
    import numpy as np  # noqa: PLC0415

    added = graph.constant(bias)
    if precision == "float32":
        return graph.op("Add", graph.op("MatMul", x, graph.constant(weight.T)), added)
    scales = _scales(weight, axis=1)
    matrix = np.rint(weight / scales).astype(np.int8).T
    zero = np.zeros(len(weight), np.int8)
    if precision == "uint8":
        matrix, zero = (matrix.astype(np.int16) + 128).astype(np.uint8), np.full(len(weight), 128, np.uint8)
    quantised = (graph.constant(matrix), graph.constant(scales[:, 0]), graph.constant(zero))
    return graph.op("DynamicQuantizeMatMul", x, *quantised, added, domain=MICROSOFT)


def _scales(numbers: "Floats", *, axis: int) -> "Floats":
    """What ±127 stands for, along an axis."""
    import numpy as np  # noqa: PLC0415

    return np.abs(numbers).max(axis=axis, keepdims=True) / np.float32(127)
