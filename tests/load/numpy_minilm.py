"""all-MiniLM-L6-v2 in NumPy: what the local embedder was before ONNX Runtime, and is measured against."""

import mmap
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from genai_stack.integrations.embedding import minilm_graph
from genai_stack.integrations.embedding.minilm import TOKENIZER, WEIGHTS
from genai_stack.integrations.embedding.minilm_graph import WORD_PIECES

Floats = NDArray[np.float32]
DIMENSIONS = 384
LAYERS = 6
HEADS = 12
HEAD = DIMENSIONS // HEADS
EPSILON = 1e-12

# erf(x/√2) = tanh(x · P(x²)), fitted so that gelu is off by 7e-8 at most; the lowest power comes last.
GELU = (
    1.8139241322186641e-09,
    -1.3378305982210186e-07,
    3.9740685192502665e-06,
    -5.527337043709983e-05,
    -3.302675534063279e-05,
    3.633414918872945e-02,
    7.978842683862151e-01,
)
GELU_ROWS = 16  # so many rows of 1,536 floats stay in the cache while the polynomial runs over them


class Layer(NamedTuple):
    qkv: Floats
    qkv_bias: Floats
    out: Floats
    out_bias: Floats
    norm1: tuple[Floats, Floats]
    up: Floats
    up_bias: Floats
    down: Floats
    down_bias: Floats
    norm2: tuple[Floats, Floats]


class NumpyMiniLM:
    def __init__(self, folder: Path) -> None:
        self._tokenizer = Tokenizer.from_file(str(folder / TOKENIZER))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(WORD_PIECES)
        with (folder / WEIGHTS).open("rb") as file:
            weights = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        self._load(minilm_graph.read_safetensors(weights))

    def _load(self, tensors: dict[str, Floats]) -> None:
        self._words = tensors["embeddings.word_embeddings.weight"]
        # Every token is of type 0, so its embedding is added to the positions once and for all.
        self._positions = (
            tensors["embeddings.position_embeddings.weight"][:WORD_PIECES]
            + tensors["embeddings.token_type_embeddings.weight"][0]
        )
        self._norm = (tensors["embeddings.LayerNorm.weight"], tensors["embeddings.LayerNorm.bias"])
        self._layers = [self._layer(tensors, f"encoder.layer.{n}.") for n in range(LAYERS)]

    def _layer(self, tensors: dict[str, Floats], at: str) -> Layer:
        query, key, value = (f"{at}attention.self.{name}" for name in ("query", "key", "value"))
        scale = np.float32(HEAD**-0.5)
        return Layer(
            qkv=np.concatenate(
                [tensors[f"{query}.weight"].T * scale, tensors[f"{key}.weight"].T, tensors[f"{value}.weight"].T], axis=1
            ),
            qkv_bias=np.concatenate(
                [tensors[f"{query}.bias"] * scale, tensors[f"{key}.bias"], tensors[f"{value}.bias"]]
            ),
            out=tensors[f"{at}attention.output.dense.weight"].T,
            out_bias=tensors[f"{at}attention.output.dense.bias"],
            norm1=_norm(tensors, f"{at}attention.output.LayerNorm"),
            up=tensors[f"{at}intermediate.dense.weight"].T,
            up_bias=tensors[f"{at}intermediate.dense.bias"],
            down=tensors[f"{at}output.dense.weight"].T * np.float32(0.5),  # the half of gelu
            down_bias=tensors[f"{at}output.dense.bias"],
            norm2=_norm(tensors, f"{at}output.LayerNorm"),
        )

    def embed(self, texts: list[str]) -> bytes:
        """The texts' vectors one after the other: float32, little-endian, each of length 1.

        The tokens of all texts stand below each other in one matrix, so nothing is padded; only attention goes text
        by text.
        """
        tokens = [encoding.ids for encoding in self._tokenizer.encode_batch(texts)]
        ends = np.cumsum([len(ids) for ids in tokens])
        spans = [slice(int(end) - len(ids), int(end)) for ids, end in zip(tokens, ends, strict=True)]
        x = self._words[np.concatenate(tokens)]
        for span in spans:
            x[span] += self._positions[: span.stop - span.start]
        self._normalise(x, self._norm)
        for layer in self._layers:
            x = self._forward(x, layer, spans)
        pooled = np.stack([x[span].mean(axis=0) for span in spans])
        pooled /= np.linalg.norm(pooled, axis=1, keepdims=True)
        return pooled.astype("<f4", copy=False).tobytes()

    def _forward(self, x: Floats, layer: Layer, spans: list[slice]) -> Floats:
        qkv = x @ layer.qkv
        qkv += layer.qkv_bias
        heads = qkv.reshape(len(x), 3, HEADS, HEAD)
        context = np.empty_like(x)
        for span in spans:
            query, key, value = (heads[span, part].transpose(1, 0, 2) for part in range(3))
            scores = query @ key.transpose(0, 2, 1)
            scores -= scores.max(axis=2, keepdims=True)
            np.exp(scores, out=scores)
            mixed = scores @ value
            mixed /= scores.sum(axis=2, keepdims=True)
            context[span] = mixed.transpose(1, 0, 2).reshape(-1, DIMENSIONS)
        attended = context @ layer.out
        attended += layer.out_bias
        attended += x
        self._normalise(attended, layer.norm1)
        hidden = np.matmul(attended, layer.up, dtype=np.float32)
        self._twice_gelu(hidden, layer.up_bias)
        passed = np.matmul(hidden, layer.down, dtype=np.float32)
        passed += layer.down_bias
        passed += attended
        self._normalise(passed, layer.norm2)
        return passed

    def _normalise(self, x: Floats, norm: tuple[Floats, Floats]) -> None:
        x -= x.mean(axis=1, keepdims=True)
        variance = np.einsum("ij,ij->i", x, x)[:, None] / DIMENSIONS
        x /= np.sqrt(variance + EPSILON)
        x *= norm[0]
        x += norm[1]

    def _twice_gelu(self, x: Floats, bias: Floats) -> None:
        """2 · gelu(x + bias), in place; the next matrix carries the half."""
        first, second, *rest = (np.float32(number) for number in GELU)
        square, tanh = np.empty_like(x[:GELU_ROWS]), np.empty_like(x[:GELU_ROWS])
        for start in range(0, len(x), GELU_ROWS):
            block = x[start : start + GELU_ROWS]
            s, t = square[: len(block)], tanh[: len(block)]
            block += bias
            np.multiply(block, block, out=s)
            np.multiply(s, first, out=t)
            t += second
            for number in rest:
                t *= s
                t += number
            t *= block
            np.tanh(t, out=t)
            t += np.float32(1)
            block *= t


def _norm(tensors: dict[str, Floats], at: str) -> tuple[Floats, Floats]:
    return tensors[f"{at}.weight"], tensors[f"{at}.bias"]
