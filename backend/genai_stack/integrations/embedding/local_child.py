"""The local embedder's process: frames of texts in on stdin, frames of vectors out on stdout.

A frame is its head (length of the body, number of the request, kind) and the body: JSON texts in; vectors, or a
sentence about what failed, out. Whoever holds the other end of stdin holds this process: when that is closed, it ends.
"""

import json
import os
import struct
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, BinaryIO

from genai_stack.errors import EmbedderMissing
from genai_stack.infra.sandbox import confine

if TYPE_CHECKING:
    from genai_stack.integrations.embedding.minilm import MiniLM

FRAME_HEAD = struct.Struct("<IIB")
PASSAGES, QUERY = 0, 1  # kinds of a request
VECTORS, FAILED, MISSING = 0, 1, 2  # kinds of an answer
MEMORY_BYTES = 1 << 30  # of its own; about 150 MB are used
FLOAT32 = "float32"  # the second argument of a child that computes with the published weights


def main() -> None:
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    _limit_memory()
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints stays out of the frames
    _serve(sys.stdin.buffer, answers, threads=int(sys.argv[1]), exact=sys.argv[2:] == [FLOAT32])


def _serve(requests: BinaryIO, answers: BinaryIO, *, threads: int, exact: bool) -> None:
    writing = threading.Lock()

    def answer(number: int, kind: int, body: bytes) -> None:
        with writing:
            answers.write(FRAME_HEAD.pack(len(body), number, kind) + body)
            answers.flush()

    try:
        from genai_stack.integrations.embedding.minilm import MiniLM, weights_folder  # noqa: PLC0415

        model = MiniLM(weights_folder(), precision="float32" if exact else None)
    except EmbedderMissing as missing:
        answer(0, MISSING, missing.message.encode())
        return

    confine()
    # A query has a thread of its own, so that it never waits behind the passages of a document.
    pools = {PASSAGES: ThreadPoolExecutor(threads, initializer=_step_back), QUERY: ThreadPoolExecutor(1)}
    while len(head := requests.read(FRAME_HEAD.size)) == FRAME_HEAD.size:
        length, number, kind = FRAME_HEAD.unpack(head)
        texts: list[str] = json.loads(requests.read(length))
        pools[kind].submit(_embed, model, texts, number, answer)
    os._exit(0)  # nobody is left to read what is still being computed


def _embed(model: "MiniLM", texts: list[str], number: int, answer: Callable[[int, int, bytes], None]) -> None:
    try:
        answer(number, VECTORS, model.embed(texts))
    except Exception as error:  # noqa: BLE001 - told to the one who asked; the process goes on
        answer(number, FAILED, f"{type(error).__name__}: {error}".encode(errors="replace"))


def _step_back() -> None:
    """Passages use what the server and the queries leave of the processor."""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 10)


def _limit_memory() -> None:
    """RLIMIT_DATA and not RLIMIT_AS: the mapped weights and what is merely reserved do not count."""
    if sys.platform == "linux":
        import resource  # noqa: PLC0415

        resource.setrlimit(resource.RLIMIT_DATA, (MEMORY_BYTES, MEMORY_BYTES))


if __name__ == "__main__":
    main()
