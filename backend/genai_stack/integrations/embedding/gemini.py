"""Embeddings of Gemini, through google-genai."""

import asyncio
import importlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

from genai_stack.infra.egress.client import Outbound
from genai_stack.infra.egress.remote import Remote
from genai_stack.infra.egress.transport import sdk_client
from genai_stack.integrations.embedding.embedder import Purpose

if TYPE_CHECKING:
    from google import genai

TEXTS_PER_REQUEST = 32  # the SDK reads the answer on the loop
TASK_TYPE_BY_PURPOSE: dict[Purpose, str] = {"passage": "RETRIEVAL_DOCUMENT", "query": "RETRIEVAL_QUERY"}


class GeminiEmbeddings:
    """Call it with texts for one request."""

    def __init__(self, outbound: Outbound, remote: Remote, *, model: str, key: str | None, base_url: str) -> None:
        self._outbound, self._remote = outbound, remote
        self._model, self._key, self._base_url = model, key, base_url
        self._client: genai.Client | None = None  # one that nobody holds closes itself

    async def __call__(self, texts: Sequence[str], purpose: Purpose) -> Sequence[Sequence[float]]:
        client = await self._opened()
        from google.genai import types  # noqa: PLC0415

        answer = await client.aio.models.embed_content(  # pyright: ignore[reportUnknownMemberType] - Pillow's types
            model=self._model,
            # Each text as a content of its own: newer models make one vector of a plain list of strings.
            contents=[types.Content(parts=[types.Part(text=text)]) for text in texts],
            config=types.EmbedContentConfig(task_type=TASK_TYPE_BY_PURPOSE[purpose]),
        )
        return [embedding.values or [] for embedding in answer.embeddings or []]

    async def _opened(self) -> "genai.Client":
        if self._client is None:
            await asyncio.to_thread(importlib.import_module, "google.genai")
            from google import genai  # noqa: PLC0415
            from google.genai import types  # noqa: PLC0415

            self._client = genai.Client(
                api_key=self._key or "none",
                http_options=types.HttpOptions(
                    base_url=self._base_url, httpx_async_client=sdk_client(self._outbound, self._remote)
                ),
            )
        return self._client
