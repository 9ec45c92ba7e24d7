"""The local embedder: speed over float32 in NumPy's own matrices, and how near its vectors are to the exact ones."""

import os
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from genai_stack.integrations.embedding.minilm import MiniLM, weights_folder
from tests.load.corpus import real_passages
from tests.load.numpy_minilm import NumpyMiniLM
from tests.load.table import Table

PASSAGES = int(os.environ.get("GENAI_STACK_BENCH_PASSAGES", "10000"))
QUESTIONS = 500
NEAREST = 10
TIMED = 200


def vectors(model: MiniLM, texts: list[str]) -> "np.ndarray[tuple[int, int], np.dtype[np.float32]]":
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        made = list(threads.map(lambda text: model.embed([text]), texts))
    return np.frombuffer(b"".join(made), "<f4").reshape(len(texts), -1)


def cpu_ms(model: MiniLM | NumpyMiniLM, texts: list[str]) -> float:
    """On one thread, of a passage."""
    model.embed(texts[:8])
    began = time.process_time()
    for start in range(0, len(texts), 8):
        model.embed(texts[start : start + 8])
    return (time.process_time() - began) / len(texts) * 1000


def recall(
    exact: "np.ndarray[tuple[int, int], np.dtype[np.float32]]",
    ours: "np.ndarray[tuple[int, int], np.dtype[np.float32]]",
) -> float:
    """Of the ten nearest to each question, which are passages themselves that are left out."""
    asked, kept = slice(None, QUESTIONS), slice(QUESTIONS, None)
    found = 0
    for one, other in zip(exact[asked] @ exact[kept].T, ours[asked] @ ours[kept].T, strict=True):
        found += len(set(np.argsort(-one)[:NEAREST]) & set(np.argsort(-other)[:NEAREST]))
    return found / (QUESTIONS * NEAREST)


def main() -> None:
    texts = real_passages(PASSAGES + QUESTIONS)
    int8, float32 = MiniLM(weights_folder()), MiniLM(weights_folder(), precision="float32")
    numpy_ms = cpu_ms(NumpyMiniLM(weights_folder()), texts[:TIMED])
    int8_ms, float32_ms = cpu_ms(int8, texts[:TIMED]), cpu_ms(float32, texts[:TIMED])
    began = time.perf_counter()
    ours = vectors(int8, texts)
    speed = len(texts) / (time.perf_counter() - began)
    exact = vectors(float32, texts)
    cosines = (ours * exact).sum(axis=1)
    table = Table("The local embedder", "reached", "reach")
    table.row("a passage, CPU: NumPy · float32 · int8", f"{numpy_ms:.1f} · {float32_ms:.1f} · {int8_ms:.1f} ms", "")
    table.row("passages a second over NumPy's", f"{numpy_ms / int8_ms:.2f}×", "≥ 2.5×")
    table.row(f"passages a second, {os.cpu_count()} threads", f"{speed:.0f}", "")
    table.row(
        "cosine to the exact vector, least · mean", f"{cosines.min():.4f} · {cosines.mean():.4f}", "≥ 0.988 · 0.993"
    )
    table.row(f"of the {NEAREST} nearest of {PASSAGES:,}", f"{recall(exact, ours):.3f}", "≥ 0.97")
    table.print()


if __name__ == "__main__":
    main()
