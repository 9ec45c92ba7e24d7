"""Bodies of model servers, read within a budget: none is longer, and none keeps the event loop to itself."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Final, TypeVar

import aiohttp
import msgspec

from genai_stack.infra.egress.client import Outbound
from genai_stack.infra.egress.remote import Remote

BODY_BYTES: Final = 16 * 1024 * 1024
PIECE_BYTES: Final = 64 * 1024  # that the loop works on before others have their turn
JSON_VALUES: Final = 1_000_000
T = TypeVar("T")


class AnswerBody:
    """`read` gives the next piece, `b""` at the end. Raises ProviderFailed for a cut connection or a body too long."""

    def __init__(self, response: aiohttp.ClientResponse, remote: Remote) -> None:
        self._content = response.content
        self._remote = remote
        self._total = 0
        self._since_turn = 0

    async def read(self) -> bytes:
        if self._since_turn >= PIECE_BYTES:
            self._since_turn = 0
            await asyncio.sleep(0)
        try:
            piece = await self._content.read(PIECE_BYTES)
        except (aiohttp.ClientError, OSError) as error:
            raise self._remote.failed(error) from error
        self._total += len(piece)
        self._since_turn += len(piece)
        if self._total > BODY_BYTES:
            raise self._remote.broken(f"sent more than {BODY_BYTES // 1024**2} MiB in one answer")
        return piece

    async def whole(self) -> bytes:
        """All of it, without the key that was sent."""
        parts: list[bytes] = []
        while part := await self.read():
            parts.append(part)
        return self._remote.without_key(b"".join(parts))


async def request_json(
    outbound: Outbound,
    remote: Remote,
    method: str,
    url: str,
    *,
    headers: Mapping[str, str],
    body: object = None,
    answer: type[T],
    wanted: str,
) -> T:
    """The answer to a request in JSON, decoded: off the loop where it is large.

    `answer` is a type that msgspec decodes, `wanted` its name for people, such as "a list of models". Raises
    ProviderFailed, or UpstreamRefused.
    """
    sent = None if body is None else msgspec.json.encode(body)
    given = {"content-type": "application/json", "accept": "application/json", **headers}
    response = await outbound.request(remote, method, url, headers=given, body=sent)
    try:
        if response.content_type == "text/html":
            raise remote.broken(f"answered with a web page instead of {wanted}")
        content = await AnswerBody(response, remote).whole()
    finally:
        response.close()  # closes the connection, unless the answer was read to its end
    if len(content) <= PIECE_BYTES:
        return _decoded(content, answer, remote, wanted)
    return await asyncio.to_thread(_decoded, content, answer, remote, wanted)


def _decoded(content: bytes, answer: type[T], remote: Remote, wanted: str) -> T:
    if sum(content.count(sign) for sign in (b",", b"[", b"{")) > JSON_VALUES:
        raise remote.broken(f"answered with more than {JSON_VALUES:,} values instead of {wanted}")
    try:
        return msgspec.json.decode(content, type=answer)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise remote.broken(f"did not answer with {wanted}") from None
