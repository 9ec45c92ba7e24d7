"""Vectors in a Chroma server, over its HTTP API: one collection per knowledge base, ids and vectors, no texts.

Chroma's own client would cost the API process a second of import and 100 MB; these are the nine calls it makes.
"""

from __future__ import annotations

import asyncio
import base64
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import aiohttp
import msgspec

from genai_stack.errors import Busy, Invalid
from genai_stack.integrations.vectors.vector_store import Held, Hit, taken

VECTORS_PER_REQUEST = 100  # a server with its hands full still answers searches in between
METADATA_PER_REQUEST = 5_000
REQUEST_SECONDS = 30.0  # for one request
COLLECTIONS_PATH = "/api/v2/tenants/default_tenant/databases/default_database/collections"
COLLECTION_METADATA = {"made_by": "genai-stack"}  # metadata may not be empty
DOCUMENT_FIELD = "document_id"


class Server(Protocol):
    """Where Chroma is to be found: a child of ours, or a URL."""

    @property
    def url(self) -> str | None:
        """None while it cannot be asked."""
        ...

    @property
    def worth_from(self) -> int: ...

    @property
    def generation(self) -> int: ...

    @property
    def degraded_reason(self) -> str | None: ...

    def connector(self) -> aiohttp.BaseConnector:
        """The way to it, for one session."""
        ...

    def may_hold(self, collection: str) -> bool: ...

    def start(self) -> None: ...

    async def started(self) -> str:
        """The URL, after waiting for the start; raises Busy where that takes too long."""
        ...

    def suspect(self, *, damaged: bool) -> None:
        """It did not answer, or (`damaged`) answered that it cannot: what it held may be lost."""
        ...

    async def sweep(self) -> None:
        """Takes away what dropped collections left on the disk."""
        ...

    async def close(self) -> None: ...


class _Metadata(msgspec.Struct):
    revision: int | None = None
    garbage: int = 0


class _Collection(msgspec.Struct):
    id: str
    metadata: _Metadata | None = None


class _Nearest(msgspec.Struct):
    ids: list[list[str]]
    distances: list[list[float]]


class _Page(msgspec.Struct):
    metadatas: list[dict[str, Any] | None]


class ChromaIndex:
    """What Chroma holds after its process was killed cannot be relied on."""

    crash_safe = False

    def __init__(self, server: Server) -> None:
        self._server = server
        self._session: aiohttp.ClientSession | None = None  # of a generation
        self._session_of = 0
        self._known: dict[str, str] = {}  # collection → Chroma's id for it
        self._known_at = -1
        self._garbage: dict[str, int] = {}  # of the collections that are being changed here

    @property
    def worth_from(self) -> int:
        return self._server.worth_from

    @property
    def ready(self) -> bool:
        return self._server.url is not None

    @property
    def generation(self) -> int:
        return self._server.generation

    @property
    def degraded_reason(self) -> str | None:
        return self._server.degraded_reason

    def start(self) -> None:
        self._server.start()

    async def close(self) -> None:
        if self._session:
            await self._session.close()
        await self._server.close()

    async def may_hold(self, collection: str) -> bool:
        return await asyncio.to_thread(self._server.may_hold, collection)

    async def add(
        self, collection: str, ids: Sequence[str], vectors: Sequence[bytes], documents: Sequence[str]
    ) -> None:
        await self._server.started()
        at = await self._made(collection)
        for start in range(0, len(ids), VECTORS_PER_REQUEST):
            part = slice(start, start + VECTORS_PER_REQUEST)
            await self._ask(
                "POST",
                f"/{at}/upsert",
                {
                    "ids": ids[part],
                    "embeddings": [base64.b64encode(vector).decode() for vector in vectors[part]],
                    "metadatas": [{DOCUMENT_FIELD: document} for document in documents[part]],
                },
            )

    async def search(
        self,
        collection: str,
        vector: bytes,
        limit: int,
        document_ids: Sequence[str] | None = None,
        seen: Held | None = None,
    ) -> list[Hit]:
        self.start()
        # Who makes a collection anew gives it another id. What else changes in one adds to what was seen, or takes
        # away what is deleted.
        at = seen.identity if seen else await self._found(collection)
        if at is None or limit < 1:
            return []
        query: dict[str, object] = {
            "query_embeddings": [memoryview(vector).cast("f").tolist()],
            "n_results": limit,
            "include": ["distances"],
        }
        if document_ids is not None:
            query["where"] = {DOCUMENT_FIELD: {"$in": document_ids}}
        answer = await self._ask("POST", f"/{at}/query", query)
        if answer is None:
            return []
        nearest = msgspec.json.decode(answer, type=_Nearest)
        return [Hit(found, 1 - distance) for found, distance in zip(nearest.ids[0], nearest.distances[0], strict=True)]

    async def drop(self, collection: str, document_ids: Sequence[str] | None = None) -> None:
        await self._server.started()
        at = await self._found(collection)
        if at is None:
            return
        if document_ids is not None:
            before = await self._count(at)
            await self._ask("POST", f"/{at}/delete", {"where": {DOCUMENT_FIELD: {"$in": document_ids}}})
            self._garbage[collection] = self._garbage.get(collection, 0) + before - await self._count(at)
            return
        await self._ask("DELETE", f"/{collection}")
        self._known.pop(collection, None)
        self._garbage.pop(collection, None)
        await self._server.sweep()

    async def take(self, collection: str, seen: Held | None) -> None:
        """Chroma has no transactions: that one process alone is here is for the caller to see to."""
        await self._server.started()
        self._known.pop(collection, None)
        if await self._found(collection) != (seen.identity if seen else None):
            raise taken()
        at = await self._made(collection)
        self._garbage[collection] = seen.garbage if seen else 0
        await self._ask("PUT", f"/{at}", {"new_metadata": COLLECTION_METADATA})

    async def mark(self, collection: str, revision: int) -> None:
        await self._server.started()
        at = await self._made(collection)
        known = {"revision": revision, "garbage": self._garbage.pop(collection, 0)}
        await self._ask("PUT", f"/{at}", {"new_metadata": {**COLLECTION_METADATA, **known}})

    async def held(self, collection: str) -> Held | None:
        await self._server.started()
        described = await self._ask("GET", f"/{collection}")
        if described is None:
            return None
        found = msgspec.json.decode(described, type=_Collection)
        count = await self._ask("GET", f"/{found.id}/count")
        known = found.metadata or _Metadata()
        return None if count is None else Held(known.revision, int(count), found.id, known.garbage)

    async def documents(self, collection: str) -> Mapping[str, int]:
        await self._server.started()
        counts: Counter[str] = Counter()
        at = await self._found(collection)
        offset = 0
        while at is not None:
            wanted = {"include": ["metadatas"], "limit": METADATA_PER_REQUEST, "offset": offset}
            answer = await self._ask("POST", f"/{at}/get", wanted)
            if answer is None:
                break
            page = msgspec.json.decode(answer, type=_Page).metadatas
            counts.update(str((metadata or {}).get(DOCUMENT_FIELD)) for metadata in page)
            offset += METADATA_PER_REQUEST
            if len(page) < METADATA_PER_REQUEST:
                break
        return counts

    async def _count(self, at: str) -> int:
        return int(await self._ask("GET", f"/{at}/count") or b"0")

    async def _found(self, collection: str) -> str | None:
        self._forget_older_generations()
        if collection not in self._known:
            described = await self._ask("GET", f"/{collection}")
            if described is None:
                return None
            self._known[collection] = msgspec.json.decode(described, type=_Collection).id
        return self._known[collection]

    async def _made(self, collection: str) -> str:
        at = await self._found(collection)
        if at is None:
            wanted = {
                "name": collection,
                "metadata": COLLECTION_METADATA,
                "configuration": {"hnsw": {"space": "cosine"}},
                "get_or_create": True,
            }
            made = await self._ask("POST", "", wanted)
            if made is None:
                raise self._away("does not know where to keep a collection")
            at = self._known[collection] = msgspec.json.decode(made, type=_Collection).id
        return at

    def _forget_older_generations(self) -> None:
        if self._known_at != self._server.generation:
            self._known_at = self._server.generation
            self._known.clear()

    async def _session_now(self) -> aiohttp.ClientSession:
        former, generation = self._session, self._server.generation
        if former is not None and self._session_of == generation:
            return former
        timeout = aiohttp.ClientTimeout(total=REQUEST_SECONDS)
        made = self._session = aiohttp.ClientSession(connector=self._server.connector(), timeout=timeout)
        self._session_of = generation
        if former is not None:
            await former.close()
        return made

    async def _ask(self, method: str, path: str, body: object = None) -> bytes | None:
        """The answer's body; None for 404."""
        url = self._server.url
        if url is None:
            raise self._away("is not ready")
        session = await self._session_now()
        content = None if body is None else msgspec.json.encode(body)
        headers = {"content-type": "application/json"}
        try:
            async with session.request(method, url + COLLECTIONS_PATH + path, data=content, headers=headers) as answer:
                said = await answer.read()
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            self._server.suspect(damaged=False)
            raise self._away(f"did not answer ({type(error).__name__})") from error
        if answer.status == 404:
            self._known.clear()  # another process may have dropped it
            return None
        if answer.status >= 500:
            self._server.suspect(damaged=True)
            raise self._away(f"failed ({answer.status})")
        if answer.status >= 400:
            raise Invalid(f"The index refused a request ({answer.status}): {said[:200].decode(errors='replace')}")
        return said

    def _away(self, what: str) -> Busy:
        return Busy(f"The search index {what}. {self.degraded_reason or 'Try again in a moment.'}", code="INDEX_AWAY")
