"""An embedder that is honest about words: texts that share words are near, without a model."""

import asyncio
import hashlib
import re
import struct
from collections.abc import Sequence
from math import sqrt

from genai_stack.integrations.embedding.embedder import Purpose

DIMENSIONS = 256


class WordEmbedder:
    """`asked` are the texts in the order in which they came; `pause` is in seconds, per call."""

    def __init__(self, name: str = "words", *, pause: float = 0.0, dimensions: int = DIMENSIONS) -> None:
        self.name = name
        self.pause = pause
        self.dimensions = dimensions
        self.asked: list[str] = []
        self.fails_with: Exception | None = None

    async def fingerprint(self) -> str:
        return f"fake:{self.name}:{self.dimensions}"

    async def embed(self, texts: Sequence[str], *, purpose: Purpose) -> list[bytes]:
        if purpose == "passage":
            self.asked += texts
        await asyncio.sleep(self.pause)
        if self.fails_with is not None:
            raise self.fails_with
        return [vector(text, self.dimensions) for text in texts]


def vector(text: str, dimensions: int = DIMENSIONS) -> bytes:
    numbers = [0.0] * dimensions
    for word in set(re.findall(r"\w+", text.lower())) or {text}:
        numbers[int.from_bytes(hashlib.sha256(word.encode()).digest()[:4]) % dimensions] += 1.0
    length = sqrt(sum(number * number for number in numbers)) or 1.0
    return struct.pack(f"<{dimensions}f", *(number / length for number in numbers))
