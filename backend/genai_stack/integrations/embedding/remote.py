"""Embedders on somebody else's server: batches, retries, and the checks of what comes back, the same for all."""

import asyncio
import math
import re
from collections.abc import Awaitable, Callable, Iterator, Sequence

from yarl import URL

from genai_stack.errors import ProviderBroken, ProviderFailed, ProviderRefused, ProviderTooSlow
from genai_stack.infra.egress.remote import Remote
from genai_stack.integrations.embedding.embedder import Purpose, dimensions, readable

Ask = Callable[[Sequence[str], Purpose], Awaitable[Sequence[Sequence[float]]]]
"""One request: a vector per text, of any length, unchecked."""

ATTEMPTS = 3
ATTEMPT_SECONDS = 60.0
FIRST_RETRY_SECONDS = 0.5  # before the second attempt, doubled before the third, where the server names none
LONGEST_WAIT_SECONDS = 60.0  # who asks for more by Retry-After is not waited for
REQUESTS_IN_FLIGHT = 2
BATCH_CHARACTERS = 200_000
_ABOUT_SIZE = re.compile(r"batch|too (?:many|large|long)|larger than|at most|maximum|exceed|limit", re.IGNORECASE)


class RemoteEmbedder:
    def __init__(self, ask: Ask, remote: Remote, *, provider: str, model: str, base_url: str, batch: int) -> None:
        self._ask = ask
        self._remote = remote
        self._name = f"{provider}:{model}:{URL(base_url).authority}"
        self._batch = batch
        self._in_flight = asyncio.Semaphore(REQUESTS_IN_FLIGHT)
        self._dimensions: int | None = None

    async def fingerprint(self) -> str:
        if self._dimensions is None:
            await self.embed(["dimensions"], purpose="query")
        return f"{self._name}:{self._dimensions}"

    async def embed(self, texts: Sequence[str], *, purpose: Purpose) -> list[bytes]:
        tasks = [asyncio.ensure_future(self._embed(batch, purpose)) for batch in _batches(texts, self._batch)]
        try:
            return [vector for vectors in await asyncio.gather(*tasks) for vector in vectors]
        finally:
            for task in tasks:
                task.cancel()

    async def _embed(self, texts: Sequence[str], purpose: Purpose) -> list[bytes]:
        try:
            async with self._in_flight:
                numbers = await self._ask_with_retries(texts, purpose)
        except ProviderRefused as refused:
            if (smaller := _smaller_batch(refused, len(texts))) is None:
                raise
            self._batch = min(self._batch, smaller)
            return [vector for batch in _batches(texts, smaller) for vector in await self._embed(batch, purpose)]
        if len(numbers) != len(texts):
            raise self._remote.broken(f"was asked for {len(texts)} vectors and answered with {len(numbers)}")
        vectors = await asyncio.to_thread(_packed, numbers)
        if vectors is None:
            raise self._remote.broken("answered with invalid vectors")
        if self._dimensions is None:
            self._dimensions = dimensions(vectors[0])
        if dimensions(vectors[0]) != self._dimensions:
            raise ProviderBroken(
                f"{self._remote.name} answered with vectors of {dimensions(vectors[0])} numbers; so far they had "
                f"{self._dimensions}. Its model was replaced: create a new knowledge base."
            )
        return vectors

    async def _ask_with_retries(self, texts: Sequence[str], purpose: Purpose) -> Sequence[Sequence[float]]:
        attempt = 1
        while True:
            try:
                return await self._ask_once(texts, purpose)
            except ProviderFailed as failed:
                wait = (
                    failed.retry_after if failed.retry_after is not None else FIRST_RETRY_SECONDS * 2 ** (attempt - 1)
                )
                if not failed.retryable or attempt == ATTEMPTS or wait > LONGEST_WAIT_SECONDS:
                    raise
            attempt += 1
            await asyncio.sleep(wait)

    async def _ask_once(self, texts: Sequence[str], purpose: Purpose) -> Sequence[Sequence[float]]:
        try:
            async with asyncio.timeout(ATTEMPT_SECONDS):
                return await self._ask([readable(text) for text in texts], purpose)
        except TimeoutError as error:
            raise ProviderTooSlow(
                f"{self._remote.name} did not embed a batch within {ATTEMPT_SECONDS:.0f} seconds. Try again later."
            ) from error


def _smaller_batch(refused: ProviderRefused, texts: int) -> int | None:
    """How many texts to send after a refusal of so many: as many as it names, else half; None if that is not why."""
    if texts == 1 or refused.status not in {400, 413, 422}:
        return None
    about_size = re.search(
        r"batch|too (?:many|large|long)|larger than|at most|maximum|exceed|limit", refused.said, re.I
    )
    if refused.status != 413 and not about_size:
        return None
    named = [
        int(number) for number in re.findall(r"(?<![\w.<])\d{1,4}(?![\w>])", refused.said) if 0 < int(number) < texts
    ]
    return max(named) if named else texts // 2


def _batches(texts: Sequence[str], most: int) -> Iterator[Sequence[str]]:
    start = characters = 0
    for at, text in enumerate(texts):
        if at - start == most or (at > start and characters + len(text) > BATCH_CHARACTERS):
            yield texts[start:at]
            start, characters = at, 0
        characters += len(text)
    if start < len(texts):
        yield texts[start:]


def _packed(numbers: Sequence[Sequence[float]]) -> list[bytes] | None:
    """Vectors of length 1; None where they are ragged, empty, not finite or all zero."""
    import numpy as np  # noqa: PLC0415

    if len({len(vector) for vector in numbers}) != 1 or not numbers[0]:
        return None
    matrix = np.array(numbers, dtype=np.float64)
    lengths = np.linalg.norm(matrix, axis=1, keepdims=True)
    if not math.isfinite(float(lengths.sum())) or not lengths.all():
        return None
    return [row.tobytes() for row in (matrix / lengths).astype("<f4")]
