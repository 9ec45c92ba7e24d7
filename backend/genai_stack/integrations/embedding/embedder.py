"""The port: something that turns texts into vectors."""

from collections.abc import Sequence
from typing import Literal, Protocol

Purpose = Literal["passage", "query"]


class Embedder(Protocol):
    """Vectors may be compared only where the fingerprints are equal."""

    async def embed(self, texts: Sequence[str], *, purpose: Purpose) -> list[bytes]:
        """One vector per text, in order: little-endian float32, of length 1, so that a dot product is the cosine.

        Raises ProviderFailed, or EmbedderMissing where the local weights are not there.
        """
        ...

    async def fingerprint(self) -> str:
        """Who makes these vectors, the dimensions at its end: `local:all-MiniLM-L6-v2:53aa51172d14:384`.

        A remote model is asked for its dimensions once, with one word; the errors are those of `embed`.
        """
        ...


def dimensions(vector: bytes) -> int:
    return len(vector) // 4


def readable(text: str) -> str:
    """Lone surrogates are no text, and nobody takes them: they become U+FFFD."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
