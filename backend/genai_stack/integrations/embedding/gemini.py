"""Embeddings of Gemini."""

from collections.abc import Sequence

import msgspec

from genai_stack.infra.egress.answer_body import request_json
from genai_stack.infra.egress.client import Outbound
from genai_stack.infra.egress.remote import Remote
from genai_stack.integrations.embedding.embedder import Purpose

TEXTS_PER_REQUEST = 96
TASK_TYPE_BY_PURPOSE: dict[Purpose, str] = {"passage": "RETRIEVAL_DOCUMENT", "query": "RETRIEVAL_QUERY"}


class _GeminiEmbedding(msgspec.Struct):
    values: list[float]


class _GeminiEmbeddingsReply(msgspec.Struct):
    embeddings: list[_GeminiEmbedding]


class GeminiEmbeddings:
    """Call it with texts for one request."""

    def __init__(self, outbound: Outbound, remote: Remote, *, model: str, key: str | None, base_url: str) -> None:
        self._outbound, self._remote = outbound, remote
        self._model = model if model.startswith("models/") else f"models/{model}"
        self._headers = {"x-goog-api-key": key} if key else {}
        self._url = f"{base_url.rstrip('/')}/v1/{self._model}:batchEmbedContents"

    async def __call__(self, texts: Sequence[str], purpose: Purpose) -> Sequence[Sequence[float]]:
        requests = [
            {"model": self._model, "content": {"parts": [{"text": text}]}, "taskType": TASK_TYPE_BY_PURPOSE[purpose]}
            for text in texts
        ]
        answer = await request_json(
            self._outbound,
            self._remote,
            "POST",
            self._url,
            headers=self._headers,
            body={"requests": requests},
            answer=_GeminiEmbeddingsReply,
            wanted="a list of embeddings",
        )
        return [embedding.values for embedding in answer.embeddings]
