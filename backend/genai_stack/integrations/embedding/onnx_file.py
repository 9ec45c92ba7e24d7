"""ONNX models as bytes: the few messages of the format (protobuf, onnx.proto3) that an inference graph needs."""

import struct
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

IR_VERSION, OPSET = 8, 20
MICROSOFT = "com.microsoft"
ELEMENT_TYPES = {"float32": 1, "uint8": 2, "int8": 3, "int64": 7}
_VARINT, _BYTES, _FLOAT = 0, 2, 5  # protobuf's wire types

Attribute = int | float | Sequence[int]


class GraphBuilder:
    """Collects nodes and constants in order; `op` and `constant` return the names of what they add."""

    def __init__(self) -> None:
        self._nodes: list[bytes] = []
        self._constants: list[bytes] = []

    def constant(self, numbers: "NDArray[np.generic]") -> str:
        import numpy as np  # noqa: PLC0415

        name = f"constant_{len(self._constants)}"
        dims = b"".join(_integer(1, size) for size in numbers.shape)
        kind = _integer(2, ELEMENT_TYPES[numbers.dtype.name])
        content = np.ascontiguousarray(numbers).tobytes()
        self._constants.append(dims + kind + _bytes(8, name) + _bytes(9, content))
        return name

    def op(self, kind: str, *inputs: str, domain: str = "", output: str = "", **attributes: Attribute) -> str:
        return self.ops(kind, *inputs, domain=domain, outputs=[output], **attributes)[0]

    def ops(
        self, kind: str, *inputs: str, outputs: Sequence[str], domain: str = "", **attributes: Attribute
    ) -> list[str]:
        """A node of several outputs; an empty name is replaced by one of its own."""
        named = [name or f"value_{len(self._nodes)}_{at}" for at, name in enumerate(outputs)]
        node = b"".join(_bytes(1, name) for name in inputs) + b"".join(_bytes(2, name) for name in named)
        node += _bytes(4, kind) + b"".join(_bytes(5, _attribute(*pair)) for pair in attributes.items())
        self._nodes.append(node + (_bytes(7, domain) if domain else b""))
        return named

    def model(self, inputs: dict[str, str], outputs: dict[str, str]) -> bytes:
        """The file. `inputs` and `outputs`: element type by name; every value is a matrix of any size."""
        graph = b"".join(_bytes(1, node) for node in self._nodes) + _bytes(2, "graph")
        graph += b"".join(_bytes(5, constant) for constant in self._constants)
        graph += b"".join(_bytes(11, _value(*pair)) for pair in inputs.items())
        graph += b"".join(_bytes(12, _value(*pair)) for pair in outputs.items())
        operators = _bytes(8, _integer(2, OPSET)) + _bytes(8, _bytes(1, MICROSOFT) + _integer(2, 1))
        return _integer(1, IR_VERSION) + _bytes(7, graph) + operators


def _attribute(name: str, value: Any) -> bytes:
    if isinstance(value, float):
        return _bytes(1, name) + _key(2, _FLOAT) + struct.pack("<f", value) + _integer(20, 1)
    if isinstance(value, int):
        return _bytes(1, name) + _integer(3, value) + _integer(20, 2)
    return _bytes(1, name) + b"".join(_integer(8, one) for one in value) + _integer(20, 7)


def _value(name: str, element_type: str) -> bytes:
    shape = b"".join(_bytes(1, _bytes(2, f"{name}_{axis}")) for axis in ("rows", "columns"))
    tensor = _integer(1, ELEMENT_TYPES[element_type]) + _bytes(2, shape)
    return _bytes(1, name) + _bytes(2, _bytes(1, tensor))


def _key(field: int, wire_type: int) -> bytes:
    return _varint(field << 3 | wire_type)


def _integer(field: int, value: int) -> bytes:
    return _key(field, _VARINT) + _varint(value)


def _bytes(field: int, value: bytes | str) -> bytes:
    content = value.encode() if isinstance(value, str) else value
    return _key(field, _BYTES) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    encoded = bytearray()
    while value > 0x7F:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)
