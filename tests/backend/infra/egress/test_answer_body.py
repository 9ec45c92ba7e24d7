"""Bodies within their budget, and the loop's turns between their pieces."""

import asyncio

import msgspec
import pytest

from genai_stack.errors import ProviderBroken
from genai_stack.infra.egress.addresses import Upstreams
from genai_stack.infra.egress.answer_body import BODY_BYTES, JSON_VALUES, PIECE_BYTES, AnswerBody, request_json
from genai_stack.infra.egress.client import Outbound
from genai_stack.infra.egress.remote import Remote
from tests.fakes.raw_server import RawServer

REMOTE = Remote("Test", "http://example.com", None)


class Listed(msgspec.Struct):
    data: list[int]


async def asked(body: bytes, kind: str = "application/json") -> Listed:
    outbound = Outbound(Upstreams(private_allowed=True))
    try:
        async with RawServer(body, kind=kind) as server:
            return await request_json(
                outbound, REMOTE, "GET", server.url, headers={}, answer=Listed, wanted="a list of numbers"
            )
    finally:
        await outbound.close()


@pytest.mark.parametrize("count", [3, PIECE_BYTES])
async def test_json_is_decoded_however_large(count: int) -> None:
    assert await asked(msgspec.json.encode({"data": list(range(count))})) == Listed(list(range(count)))


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b'{"data": ["x"]}', b'{"data": [\xff]}', b"[" * 300_000])
async def test_other_json_is_told(body: bytes) -> None:
    with pytest.raises(ProviderBroken, match="did not answer with a list of numbers"):
        await asked(body)


async def test_web_page_is_told() -> None:
    with pytest.raises(ProviderBroken, match="a web page instead of a list of numbers"):
        await asked(b"<html>", "text/html")


async def test_values_are_bounded() -> None:
    with pytest.raises(ProviderBroken, match="more than 1,000,000 values"):
        await asked(b'{"other": [%s], "data": [1]}' % b",".join([b"{}"] * (JSON_VALUES // 2)))


async def test_bytes_are_bounded() -> None:
    with pytest.raises(ProviderBroken, match="more than 16 MiB"):
        await asked(b" " * (BODY_BYTES + 1))


async def test_others_have_their_turn_after_each_piece() -> None:
    class Response:
        content = asyncio.StreamReader()

    pieces = 5
    Response.content.feed_data(b"x" * (pieces * PIECE_BYTES))
    Response.content.feed_eof()
    turns: list[int] = []

    async def others() -> None:
        while True:
            turns.append(len(turns))
            await asyncio.sleep(0)

    other = asyncio.create_task(others())
    body = await AnswerBody(Response(), REMOTE).whole()  # type: ignore[arg-type]
    other.cancel()
    assert len(body) == pieces * PIECE_BYTES
    assert len(turns) == pieces
