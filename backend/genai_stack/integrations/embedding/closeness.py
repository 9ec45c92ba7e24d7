"""How near texts are to a question in meaning; vectors of texts that come again are kept."""

from collections import OrderedDict
from collections.abc import Sequence

import structlog

from genai_stack.errors import EmbedderMissing, ProviderFailed
from genai_stack.integrations.embedding.embedder import Embedder

log: structlog.stdlib.BoundLogger = structlog.get_logger()

KEPT_TEXTS = 2_048  # 3 MB of vectors of the local model


class Closeness:
    def __init__(self, embedder: Embedder, *, kept_texts: int = KEPT_TEXTS) -> None:
        self._embedder = embedder
        self._kept_texts = kept_texts
        self._vectors: OrderedDict[str, bytes] = OrderedDict()

    async def __call__(self, question: str, texts: Sequence[str]) -> list[float] | None:
        """The cosine of each text to the question; None while the embedder cannot answer."""
        new = [text for text in dict.fromkeys((question, *texts)) if text not in self._vectors]
        try:
            embedded = await self._embedder.embed(new, purpose="query") if new else []
        except (ProviderFailed, EmbedderMissing) as error:
            log.warning("sentences_not_compared", error=str(error))
            return None
        made = dict(zip(new, embedded, strict=True))
        vectors = [made[text] if text in made else self._vectors[text] for text in (question, *texts)]
        self._keep(dict(zip((question, *texts), vectors, strict=True)))
        return _cosines(vectors[0], vectors[1:])

    def _keep(self, vectors: dict[str, bytes]) -> None:
        self._vectors.update(vectors)
        for text in vectors:
            self._vectors.move_to_end(text)
        while len(self._vectors) > self._kept_texts:
            self._vectors.popitem(last=False)


def _cosines(question: bytes, others: Sequence[bytes]) -> list[float]:
    import numpy as np  # noqa: PLC0415 (takes a tenth of a second, and is needed by the first search only)

    rows = np.frombuffer(b"".join(others), "<f4").reshape(len(others), -1)
    return [float(score) for score in rows @ np.frombuffer(question, "<f4")]
