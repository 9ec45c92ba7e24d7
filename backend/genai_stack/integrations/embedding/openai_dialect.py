"""Embeddings of OpenAI and of every server that speaks its dialect."""

import asyncio
import importlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from genai_stack.errors import ProviderRefused
from genai_stack.infra.egress.client import Outbound
from genai_stack.infra.egress.remote import Remote, cause
from genai_stack.infra.egress.transport import sdk_client
from genai_stack.integrations.embedding.embedder import Purpose
from genai_stack.integrations.openai_address import api_base, below_v1

if TYPE_CHECKING:
    from openai import AsyncOpenAI

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
        self._model, self._key, self._base_url = model, key, api_base(base_url)
        self._client: AsyncOpenAI | None = None

    async def __call__(self, texts: Sequence[str], purpose: Purpose) -> Sequence[Sequence[float]]:
        try:
            content = await self._ask(texts)
        except Exception as error:
            told = cause(error)
            elsewhere = below_v1(self._base_url) if isinstance(told, ProviderRefused) and told.status == 404 else None
            if elsewhere is None:
                raise
            self._base_url, self._client = elsewhere, None
            content = await self._ask(texts)
        decoded = await asyncio.to_thread(msgspec.json.decode, content, type=_EmbeddingsReply)
        places = [place if item.index is None else item.index for place, item in enumerate(decoded.data)]
        return [item.embedding for _, item in sorted(zip(places, decoded.data, strict=True), key=lambda pair: pair[0])]

    async def _ask(self, texts: Sequence[str]) -> bytes:
        """The raw body: the SDK's own models take 0.2 s of the loop for a batch like this."""
        client = await self._opened()
        answer = await client.embeddings.with_raw_response.create(
            model=self._model, input=list(texts), encoding_format="float"
        )
        return answer.content

    async def _opened(self) -> "AsyncOpenAI":
        if self._client is None:
            await asyncio.to_thread(importlib.import_module, "openai")
            from openai import AsyncOpenAI  # noqa: PLC0415

            self._client = AsyncOpenAI(
                base_url=self._base_url,
                api_key=self._key or "none",  # servers that need none ignore it
                max_retries=0,
                timeout=None,
                http_client=sdk_client(self._outbound, self._remote),
            )
        return self._client
