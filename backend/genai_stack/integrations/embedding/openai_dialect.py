"""Embeddings of OpenAI and of every server that speaks its dialect."""

from collections.abc import Sequence

import msgspec

from genai_stack.errors import ProviderRefused
from genai_stack.infra.egress.answer_body import request_json
from genai_stack.infra.egress.client import Outbound
from genai_stack.infra.egress.remote import Remote
from genai_stack.integrations.embedding.embedder import Purpose
from genai_stack.integrations.openai_address import api_base, below_v1

TEXTS_PER_REQUEST = 96


class _Embedding(msgspec.Struct):
    """`index` is left out by servers that answer in order."""

    embedding: list[float]
    index: int | None = None


class _EmbeddingsReply(msgspec.Struct):
    data: list[_Embedding]


class OpenAIEmbeddings:
    """Call it with texts for one request."""

    def __init__(self, outbound: Outbound, remote: Remote, *, model: str, key: str | None, base_url: str) -> None:
        self._outbound, self._remote = outbound, remote
        self._model, self._base_url = model, api_base(base_url)
        self._headers = {"authorization": f"Bearer {key}"} if key else {}

    async def __call__(self, texts: Sequence[str], purpose: Purpose) -> Sequence[Sequence[float]]:
        try:
            found = await self._ask(texts)
        except ProviderRefused as refused:
            elsewhere = below_v1(self._base_url) if refused.status == 404 else None
            if elsewhere is None:
                raise
            self._base_url = elsewhere
            found = await self._ask(texts)
        places = [place if item.index is None else item.index for place, item in enumerate(found)]
        return [item.embedding for _, item in sorted(zip(places, found, strict=True), key=lambda pair: pair[0])]

    async def _ask(self, texts: Sequence[str]) -> list[_Embedding]:
        answer = await request_json(
            self._outbound,
            self._remote,
            "POST",
            f"{self._base_url}/embeddings",
            headers=self._headers,
            body={"model": self._model, "input": list(texts), "encoding_format": "float"},
            answer=_EmbeddingsReply,
            wanted="a list of embeddings",
        )
        return answer.data
