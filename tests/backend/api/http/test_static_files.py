"""The built pages are served compressed, kept by hash, under a strict policy; every other address is one of theirs."""

import gzip
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from fastapi import FastAPI
from httpx2 import ASGITransport, AsyncClient

from genai_stack.api.http import static_files as pages

SCRIPT = b"console.log('here')" * 100


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("<!doctype html><title>Pages</title>")
    script = tmp_path / "assets" / "index-abc123.js"
    script.write_bytes(SCRIPT)
    script.with_name("index-abc123.js.gz").write_bytes(gzip.compress(SCRIPT))
    script.with_name("index-abc123.js.br").write_bytes(b"as if brotli")
    return tmp_path


def _app(folder: Path) -> FastAPI:
    app = FastAPI()

    @app.get("/api/v1/things")
    async def things() -> list[str]:
        return []

    del things
    pages.install(app, folder)
    return app


@pytest.fixture
def client(folder: Path) -> Iterator[AsyncClient]:
    yield AsyncClient(transport=ASGITransport(app=_app(folder)), base_url="http://anything")


async def test_deep_links_are_answered_with_the_page(client: AsyncClient):
    for path in ("/", "/stacks/0199", "/chat/1?session=2"):
        answer = await client.get(path)
        assert answer.status_code == 200
        assert answer.text.endswith("<title>Pages</title>")
        assert answer.headers["cache-control"] == "no-cache"


async def test_files_by_hash_are_kept_for_good_and_others_asked_again(client: AsyncClient):
    answer = await client.get("/assets/index-abc123.js")
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    again = await client.get("/", headers={"if-none-match": (await client.get("/")).headers["etag"]})
    assert again.status_code == 304
    assert again.content == b""


async def test_the_smallest_form_that_the_reader_takes_is_sent(client: AsyncClient):
    async def sent(accepted: str) -> httpx2.Response:
        async with client.stream("GET", "/assets/index-abc123.js", headers={"accept-encoding": accepted}) as answer:
            answer.raw = b"".join([part async for part in answer.aiter_raw()])  # type: ignore[attr-defined]
            return answer

    assert (await sent("gzip, deflate, br")).headers["content-encoding"] == "br"
    zipped = await sent("gzip, br;q=0")
    assert zipped.headers["content-encoding"] == "gzip"
    assert gzip.decompress(zipped.raw) == SCRIPT  # type: ignore[attr-defined]
    plain = await sent("identity")
    assert "content-encoding" not in plain.headers
    assert plain.raw == SCRIPT  # type: ignore[attr-defined]
    assert len({zipped.headers["etag"], plain.headers["etag"]}) == 2


async def test_the_policy_lets_nothing_in_from_elsewhere(client: AsyncClient):
    headers = (await client.get("/")).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"


async def test_what_is_no_page_is_not_answered_with_one(client: AsyncClient):
    assert (await client.get("/assets/gone-1.js")).status_code == 404
    assert (await client.get("/api/v1/nothing")).status_code == 404
    assert (await client.post("/stacks/1")).status_code == 405
    assert (await client.post("/api/v1/things")).status_code == 405
    assert (await client.get("/..%2f..%2fetc%2fpasswd.txt")).status_code == 404


async def test_pages_that_were_not_built_say_how_to_build_them(tmp_path: Path):
    async with AsyncClient(transport=ASGITransport(app=_app(tmp_path)), base_url="http://anything") as client:
        answer = await client.get("/")
        assert answer.status_code == 503
        assert "make setup" in answer.text
