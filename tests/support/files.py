"""Files to upload, made on the spot."""

import asyncio
from typing import Any

import httpx2


def pdf(*pages: str, **metadata: str) -> bytes:
    import pymupdf

    document: Any = pymupdf.open()
    for text in pages:
        document.new_page().insert_text((72, 72), text)
    document.set_metadata(metadata)
    return document.tobytes()


async def taken_in(client: httpx2.AsyncClient, path: str, *files: tuple[str, bytes]) -> list[dict[str, Any]]:
    """The documents, once each is ready or failed."""
    answer = await client.post(path, files=[("file", file) for file in files])
    assert answer.status_code == 202, answer.text
    return [await until_done(client, document["id"]) for document in answer.json()["items"]]


async def until_done(client: httpx2.AsyncClient, document_id: str, within: float = 60) -> dict[str, Any]:
    """The document, once it is ready or failed."""
    async with asyncio.timeout(within):
        while True:
            document = (await client.get(f"/api/v1/documents/{document_id}")).json()
            if document["status"] != "processing":
                return document
            await asyncio.sleep(0.05)
