"""What every embedder does, whoever computes: one suite, run against the local one and a fake of each provider."""

import asyncio
import math
import struct
import traceback
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from genai_stack.errors import (
    Invalid,
    ProviderBroken,
    ProviderBusy,
    ProviderFailed,
    ProviderRefused,
    ProviderTooSlow,
    ProviderUnreachable,
)
from genai_stack.infra.egress.addresses import Upstreams
from genai_stack.infra.egress.api_key import ApiKey, origin_of
from genai_stack.infra.egress.client import Outbound
from genai_stack.integrations.embedders import Embedders
from genai_stack.integrations.embedding import remote
from genai_stack.integrations.embedding.embedder import Embedder
from genai_stack.integrations.embedding.local import LocalEmbedder
from tests.fakes.gemini_server import GeminiServer
from tests.fakes.model_server import BAD_KEY, Json, ModelServer, Request
from tests.fakes.openai_server import OpenAIServer
from tests.fakes.quirky_server import QuirkyServer

KEY = "sk-a-very-secret-key"
REMOTE = ("openai", "openai_compatible", "gemini")
ALL = ("local", *REMOTE)


class _Failing(ModelServer):
    """Embeddings that fail as the first text's words ask for, and answers that are no embeddings."""

    sizes: list[int]
    busy = most_busy = 0

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: Request) -> None:
        texts = self.texts(request.body)
        self.sizes = [*getattr(self, "sizes", []), len(texts)]
        if await self._refuse(reader, writer, self._faults(texts[0])):
            self.embeddings += 1
            return
        self.busy += 1
        self.most_busy = max(self.most_busy, self.busy)
        await asyncio.sleep(0.01)
        self.busy -= 1
        await super()._answer(reader, writer, request)

    def texts(self, body: Json) -> list[str]:
        raise NotImplementedError

    def spoiled(self, vectors: list[list[float]], text: str) -> list[list[float]]:
        if "FEWER" in text:
            return vectors[1:]
        if "RAGGED" in text:
            return [vectors[0][:5], *vectors[1:]]
        if "ZERO" in text:
            return [[0.0] * len(vector) for vector in vectors]
        if "SHORTER" in text:
            return [vector[:-1] for vector in vectors]
        return vectors


class OpenAIEmbeddingsServer(_Failing, OpenAIServer):
    def texts(self, body: Json) -> list[str]:
        return body["input"]

    def embed(self, body: Json) -> Json:
        answer = super().embed(body)
        vectors = self.spoiled([item["embedding"] for item in answer["data"]], body["input"][0])
        data = [{"object": "embedding", "index": i, "embedding": vector} for i, vector in enumerate(vectors)]
        # The order is the index's, not the list's.
        return answer | {"data": data[::-1]}


class GeminiEmbeddingsServer(_Failing, GeminiServer):
    def texts(self, body: Json) -> list[str]:
        self.tasks = {one.get("taskType") for one in body["requests"]}
        return ["".join(part["text"] for part in one["content"]["parts"]) for one in body["requests"]]

    def embed(self, body: Json) -> Json:
        vectors = [one["values"] for one in super().embed(body)["embeddings"]]
        return {"embeddings": [{"values": vector} for vector in self.spoiled(vectors, self.texts(body)[0])]}


@dataclass
class Bench:
    provider: str
    server: Any
    embedders: Embedders

    def open(self, key: str = KEY) -> Embedder:
        if self.provider == "local":
            return self.embedders.open("local")
        at = self.server.base_url
        given = at if self.provider == "openai_compatible" else None
        return self.embedders.open(self.provider, "fake-embed", ApiKey(key, origin_of(at)), given)


@asynccontextmanager
async def bench(provider: str) -> AsyncIterator[Bench]:
    outbound = Outbound(Upstreams(private_allowed=True))
    server = GeminiEmbeddingsServer() if provider == "gemini" else OpenAIEmbeddingsServer()
    try:
        async with server:
            embedders = Embedders(outbound, LocalEmbedder(), addresses={provider: server.base_url})
            yield Bench(provider, server, embedders)
    finally:
        await embedders.close()
        await outbound.close()


def numbers(vector: bytes) -> list[float]:
    return list(struct.unpack(f"<{len(vector) // 4}f", vector))


def cosine(one: bytes, other: bytes) -> float:
    return sum(a * b for a, b in zip(numbers(one), numbers(other), strict=True))


@pytest.fixture(params=ALL)
async def any_bench(request: pytest.FixtureRequest) -> AsyncIterator[Bench]:
    async with bench(request.param) as made:
        yield made


@pytest.fixture(params=REMOTE)
async def remote_bench(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Bench]:
    async with bench(request.param) as made:
        yield made


async def test_each_text_has_a_vector_of_length_one_in_the_order_of_the_texts(any_bench: Bench) -> None:
    embedder = any_bench.open()
    texts = [f"number {n} of the texts" for n in range(120)]
    vectors = await embedder.embed(texts, purpose="passage")
    assert len(vectors) == 120
    assert all(math.isclose(math.hypot(*numbers(vector)), 1, abs_tol=1e-5) for vector in vectors)
    for n in (0, 57, 119):
        (alone,) = await embedder.embed([texts[n]], purpose="passage")
        assert cosine(alone, vectors[n]) > 0.99999


async def test_the_fingerprint_ends_with_the_dimensions_and_holds_no_key(any_bench: Bench) -> None:
    embedder = any_bench.open()
    fingerprint = await embedder.fingerprint()
    (vector,) = await embedder.embed(["a text"], purpose="passage")
    assert fingerprint.startswith(f"{any_bench.provider}:")
    assert fingerprint.endswith(f":{len(numbers(vector))}")
    assert KEY not in fingerprint
    assert await any_bench.open().fingerprint() == fingerprint


async def test_a_question_is_nearer_to_the_passage_that_answers_it(any_bench: Bench) -> None:
    embedder = any_bench.open()
    near, far = await embedder.embed(
        ["The capital of France is Paris.", "Bread needs flour, water and salt."], purpose="passage"
    )
    (question,) = await embedder.embed(["What is the capital of France?"], purpose="query")
    assert cosine(question, near) > cosine(question, far) + 0.2


async def test_no_texts_have_no_vectors(any_bench: Bench) -> None:
    assert await any_bench.open().embed([], purpose="passage") == []


async def test_any_text_is_taken(any_bench: Bench) -> None:
    strange = ["word \ud800 surrogate", "nul \0 byte", "😀 日本語 العربية", "x" * 3000, "a b " * 5000]
    assert len(await any_bench.open().embed(strange, purpose="passage")) == len(strange)


async def test_the_same_words_open_the_same_embedder(any_bench: Bench) -> None:
    assert any_bench.open() is any_bench.open()


async def test_a_cancelled_call_ends_at_once_and_the_next_one_works(any_bench: Bench) -> None:
    embedder = any_bench.open()
    asked = asyncio.ensure_future(embedder.embed(["many words " * 100] * 200, purpose="passage"))
    await asyncio.sleep(0.05)
    asked.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(asked, 1)
    assert await embedder.embed(["and on"], purpose="query")


async def test_requests_are_bounded_in_size_and_number(remote_bench: Bench) -> None:
    await remote_bench.open().embed(["a text"] * 300, purpose="passage")
    await remote_bench.open().embed(["x" * 150_000] * 3, purpose="passage")
    assert max(remote_bench.server.sizes) <= 96
    assert remote_bench.server.sizes[-3:] == [1, 1, 1]
    assert remote_bench.server.most_busy == 2


@pytest.mark.parametrize(
    ("word", "error", "requests"),
    [
        ("FAIL429", ProviderBusy, 3),
        ("FAIL503", ProviderBusy, 3),
        ("FAIL500", ProviderFailed, 3),
        ("NOANSWER", ProviderUnreachable, 3),
        ("FAIL400", ProviderRefused, 1),
        ("FAIL404", ProviderRefused, 1),
        ("HTML", ProviderBroken, 1),
        ("FEWER", ProviderBroken, 1),
        ("RAGGED", ProviderBroken, 1),
        ("ZERO", ProviderBroken, 1),
    ],
)
async def test_a_server_that_fails_is_asked_three_times_at_most_and_told_plainly(
    remote_bench: Bench, word: str, error: type[ProviderFailed], requests: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote, "FIRST_RETRY_SECONDS", 0.01)
    with pytest.raises(error) as told:
        await remote_bench.open().embed([f"{word} please", "another"], purpose="passage")
    assert remote_bench.server.embeddings == requests
    assert KEY not in "".join(traceback.format_exception(told.value))


async def test_a_server_that_recovers_is_forgiven(remote_bench: Bench) -> None:
    assert await remote_bench.open().embed(["FAIL429x2 please"], purpose="passage")
    assert remote_bench.server.embeddings == 3


async def test_a_wait_longer_than_a_minute_is_told_and_not_waited_for(remote_bench: Bench) -> None:
    remote_bench.server.retry_after = "3600"
    with pytest.raises(ProviderBusy) as told:
        await remote_bench.open().embed(["FAIL429 please"], purpose="passage")
    assert told.value.retry_after == 3600
    assert remote_bench.server.embeddings == 1


async def test_a_server_that_hangs_is_given_up(remote_bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote, "ATTEMPT_SECONDS", 0.1)
    monkeypatch.setattr(remote, "FIRST_RETRY_SECONDS", 0.01)
    with pytest.raises(ProviderTooSlow):
        await remote_bench.open().embed(["HANG please"], purpose="query")


async def test_vectors_that_change_their_length_are_refused(remote_bench: Bench) -> None:
    embedder = remote_bench.open()
    await embedder.embed(["a text"], purpose="passage")
    with pytest.raises(ProviderBroken, match="replaced"):
        await embedder.embed(["SHORTER"], purpose="passage")


async def test_a_refused_key_is_told_and_never_repeated(remote_bench: Bench) -> None:
    with pytest.raises(ProviderRefused) as told:
        await remote_bench.open(key=BAD_KEY).embed(["a text"], purpose="passage")
    assert BAD_KEY not in str(told.value)


async def test_nobody_at_the_address_is_told(remote_bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote, "FIRST_RETRY_SECONDS", 0.01)
    nobody = "http://127.0.0.1:9/v1"
    given = nobody if remote_bench.provider == "openai_compatible" else None
    outbound = Outbound(Upstreams(private_allowed=True))
    embedders = Embedders(outbound, LocalEmbedder(), addresses={remote_bench.provider: nobody})
    embedder = embedders.open(remote_bench.provider, "fake-embed", ApiKey(KEY, origin_of(nobody)), given)
    with pytest.raises(ProviderUnreachable):
        await embedder.embed(["a text"], purpose="passage")
    await embedders.close()
    await outbound.close()


async def test_gemini_is_told_what_the_text_is_for() -> None:
    async with bench("gemini") as made:
        await made.open().embed(["a question"], purpose="query")
        assert made.server.tasks == {"RETRIEVAL_QUERY"}
        await made.open().embed(["an answer"], purpose="passage")
        assert made.server.tasks == {"RETRIEVAL_DOCUMENT"}


@pytest.mark.parametrize(
    "words",
    [
        ("nobody", "model", "key", None),
        ("openai", None, "key", None),
        ("openai", "model", None, None),
        ("gemini", "model", None, None),
        ("openai_compatible", "model", None, None),
        ("openai", "model", "key", "http://example.com/v1"),
        ("gemini", "model", "key", "http://example.com"),
        ("local", "another-model", None, None),
    ],
)
async def test_words_that_make_no_embedder_are_refused(words: Sequence[str | None]) -> None:
    async with bench("local") as made:
        provider, model, key, base_url = words
        stored = ApiKey(key, "https://example.com:443") if key else None
        with pytest.raises(Invalid):
            made.embedders.open(str(provider), model, stored, base_url)


@pytest.mark.parametrize(("model", "batches"), [("ten-at-once", 10), ("few-at-once", 2), ("no-index", 40)])
async def test_servers_of_the_dialect_that_take_few_texts_or_leave_out_places(model: str, batches: int) -> None:
    """Rows `ten-at-once` and `no-index`: asked in smaller batches, and taken in the order in which they come."""
    outbound = Outbound(Upstreams(private_allowed=True))
    texts = [f"Passage {'x' * number}" for number in range(40)]
    async with QuirkyServer() as server:
        embedder = Embedders(outbound, LocalEmbedder()).open("openai_compatible", model, None, server.url)
        vectors = await embedder.embed(texts, purpose="passage")
        one = await embedder.embed(texts[7:8], purpose="passage")
    await outbound.close()
    assert len(vectors) == 40
    assert vectors[7] == one[0]
    assert max(server.batches) == batches


async def test_a_refusal_is_told_in_the_servers_words_though_they_begin_like_a_tag() -> None:
    outbound = Outbound(Upstreams(private_allowed=True))
    async with QuirkyServer() as server:
        embedder = Embedders(outbound, LocalEmbedder()).open("openai_compatible", "never", None, f"{server.url}/v1")
        with pytest.raises(ProviderRefused, match="<400> This text is not allowed"):
            await embedder.embed(["a"], purpose="passage")
    await outbound.close()
