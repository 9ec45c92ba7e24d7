"""The local model: its numbers against the published ones, and files that were changed."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from genai_stack.errors import EmbedderMissing
from genai_stack.integrations.embedding import minilm
from genai_stack.integrations.embedding.minilm import MiniLM, weights_folder
from genai_stack.integrations.embedding.minilm_graph import DIMENSIONS, Precision

# The first numbers that sentence-transformers prints for this sentence.
SENTENCE = "This is an example sentence"
GOLDEN = [0.067657, 0.063496, 0.048713, 0.079305, 0.037448, 0.002653, 0.039375, -0.007098, 0.059361, 0.031537]
TEXTS = [
    SENTENCE,
    "The lamp of the lighthouse is lit at dusk and put out at dawn.",
    "",
    "x" * 3000,
    "Ein Satz auf Deutsch, 日本語の文, and 😀.",
    "word " * 300,
]


def vectors(precision: Precision, texts: list[str] = TEXTS) -> "np.ndarray[tuple[int, int], np.dtype[np.float32]]":
    made = MiniLM(weights_folder(), precision=precision).embed(texts)
    return np.frombuffer(made, "<f4").reshape(len(texts), DIMENSIONS)


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    folder = tmp_path / "model"
    folder.mkdir()
    for file in minilm.SHA256:
        shutil.copyfile(weights_folder() / file, folder / file)
    return folder


def test_float32_vectors_are_those_of_sentence_transformers() -> None:
    assert vectors("float32", [SENTENCE])[0][: len(GOLDEN)] == pytest.approx(GOLDEN, abs=1e-5)


def test_int8_vectors_point_where_the_exact_ones_do() -> None:
    cosines = (vectors("int8") * vectors("float32")).sum(axis=1)
    assert cosines.min() >= 0.98, cosines  # odd texts as these too; of real passages see tests/load/bench_embedding.py


def test_unsigned_matrices_give_the_same_vectors() -> None:
    assert vectors("uint8") == pytest.approx(vectors("int8"), abs=1e-5)


def test_a_processor_without_vnni_gets_unsigned_matrices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    monkeypatch.setattr(Path, "read_text", lambda self: "flags: sse2 avx2")  # type: ignore[reportUnknownLambdaType]
    assert minilm.fitting_precision() == "uint8"
    monkeypatch.setattr("platform.machine", lambda: "arm64")
    assert minilm.fitting_precision() == "int8"


def test_set_up_builds_the_file_that_is_expected_byte_for_byte(tmp_path: Path) -> None:
    minilm.install(tmp_path / "share" / "model.onnx")
    assert minilm.read_built(tmp_path / "share" / "model.onnx")


@pytest.mark.parametrize("content", [None, b"", b"damaged"])
def test_without_the_built_file_the_vectors_are_the_same(tmp_path: Path, content: bytes | None) -> None:
    built = tmp_path / "model.onnx"
    if content is not None:
        built.write_bytes(content)
    made = MiniLM(weights_folder(), precision="int8", built=built).embed([SENTENCE])
    assert made == MiniLM(weights_folder(), precision="int8").embed([SENTENCE])


@pytest.mark.parametrize(("name", "at"), [(minilm.WEIGHTS, 50_000_000), (minilm.WEIGHTS, 20), (minilm.TOKENIZER, 5)])
def test_no_vector_comes_from_files_that_were_changed(copied: Path, name: str, at: int) -> None:
    with (copied / name).open("r+b") as file:
        file.seek(at)
        file.write(b"\x01")
    with pytest.raises(EmbedderMissing, match=name):
        MiniLM(copied, precision="float32")
