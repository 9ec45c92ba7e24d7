"""The built pages: files out of memory, compressed when they were built; every other address is one of the pages'."""

import asyncio
import hashlib
import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from fastapi import FastAPI
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

BUILT = Path(__file__).parents[4] / "frontend" / "dist"
NOT_BUILT = "The pages have not been built. Stop the server, run `make setup`, and start it again.\n"

INDEX = "index.html"
HASHED = "assets/"
"""Names below this change with their content, so a browser may keep them for good."""

ENCODINGS = {"br": ".br", "gzip": ".gz"}
DIAGRAMS = "diagram.html"
"""The frame in which the pages draw diagrams: it may style itself inline, and fetches nothing."""

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:",  # blob: a document's page, fetched with the token
        "connect-src 'self'",
        "font-src 'self'",
        "frame-src 'self'",
        "manifest-src 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "form-action 'self'",
    )
)
DIAGRAM_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'unsafe-inline'; "
    "frame-ancestors 'self'; base-uri 'none'; form-action 'none'"
)
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "vary": "accept-encoding",
}


@dataclass(frozen=True, slots=True)
class StaticFile:
    """One file of the build, with its compressed forms by encoding."""

    kind: str
    etag: str
    forms: Mapping[str, bytes]
    hashed: bool
    policy: str = POLICY

    def response(self, headers: Headers) -> Response:
        encoding = next((name for name in ENCODINGS if name in self.forms and _takes(headers, name)), "identity")
        tag = f'"{self.etag}-{encoding}"'
        kept = "public, max-age=31536000, immutable" if self.hashed else "no-cache"
        shown = HEADERS | {"content-security-policy": self.policy, "etag": tag, "cache-control": kept}
        if tag in headers.get("if-none-match", ""):
            return Response(status_code=304, headers=shown)
        if encoding != "identity":
            shown["content-encoding"] = encoding
        return Response(self.forms[encoding], headers=shown, media_type=self.kind)


class Pages:
    """ASGI application for what no route has taken."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files: Mapping[str, StaticFile] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith("/api/"):
            raise HTTPException(404)
        if scope["method"] not in ("GET", "HEAD"):
            raise HTTPException(405)
        response = await self._response(scope["path"].lstrip("/"), Headers(scope=scope))
        await response(scope, receive, send)

    async def _response(self, path: str, headers: Headers) -> Response:
        if self._files is None:
            found = await asyncio.to_thread(_read, self._folder)
            if INDEX not in found:
                return PlainTextResponse(NOT_BUILT, 503)
            self._files = found
        file = self._files.get(path)
        if file is None and PurePosixPath(path).suffix:
            raise HTTPException(404)
        return (file or self._files[INDEX]).response(headers)


def install(app: FastAPI, folder: Path = BUILT) -> None:
    app.router.default = Pages(folder)


def _read(folder: Path) -> dict[str, StaticFile]:
    paths = [path for path in sorted(folder.rglob("*")) if path.is_file() and path.suffix not in ENCODINGS.values()]
    return {path.relative_to(folder).as_posix(): _file(path, folder) for path in paths}


def _file(path: Path, folder: Path) -> StaticFile:
    content = path.read_bytes()
    forms = {"identity": content}
    for encoding, suffix in ENCODINGS.items():
        compressed = path.with_name(path.name + suffix)
        if compressed.exists():
            forms[encoding] = compressed.read_bytes()
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    name = path.relative_to(folder).as_posix()
    policy = DIAGRAM_POLICY if name == DIAGRAMS else POLICY
    return StaticFile(kind, hashlib.sha256(content).hexdigest()[:20], forms, name.startswith(HASHED), policy)


def _takes(headers: Headers, encoding: str) -> bool:
    offers = (offer.partition(";") for offer in headers.get("accept-encoding", "").split(","))
    return any(name.strip() == encoding and quality.replace(" ", "") != "q=0" for name, _, quality in offers)
