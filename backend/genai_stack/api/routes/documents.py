"""Documents: sent, watched, looked at, deleted."""

import asyncio
from collections.abc import AsyncGenerator, Coroutine
from datetime import datetime
from typing import Annotated, Any, Literal, TypeVar
from urllib.parse import quote

from fastapi import Header, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

from genai_stack.api.http.dependencies import Deps
from genai_stack.api.http.models import Asked, Id, Page, Pages100, Pagination
from genai_stack.api.http.multipart import files
from genai_stack.api.http.routing import CurrentScope, Policy, Router
from genai_stack.errors import Invalid, NotFound
from genai_stack.features.knowledge import bases, documents, originals
from genai_stack.features.knowledge import document_pages as pages
from genai_stack.features.knowledge.tables import Document
from genai_stack.features.workflows import store

router = Router(Policy.WORKSPACE, tag="documents")

T = TypeVar("T")

PNG = "image/png"
BINARY = "application/octet-stream"
NEWEST_FIRST = "-created_at"
Sort = Literal["created_at", "-created_at"]
FORM: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {
                        "file": {
                            "type": "array",
                            "items": {"type": "string", "format": "binary"},
                            "description": "PDF, text, Markdown or HTML; several files are accepted, all or "
                            "none of them.",
                        }
                    },
                }
            }
        },
    }
}


class DocumentOut(BaseModel):
    id: str
    knowledge_base_id: str
    workflow_id: str | None
    filename: str
    kind: Literal["pdf", "text", "markdown", "html"] | None = Field(
        description="Detected from the content; null until it is read."
    )
    size: int = Field(description="In bytes.")
    status: Literal["processing", "ready", "failed"]
    progress: float = Field(description="From 0 to 1.")
    pages: int | None = Field(description="Null where the file has no pages.")
    chunks: int | None = Field(description="How many passages it was cut into.")
    error: str | None = Field(description="Why it failed, and what to do.")
    metadata: dict[str, Any] = Field(description="The file's own title, author and dates, and warnings.")
    created_at: datetime


class PageOut(BaseModel):
    document_id: str
    page: int
    text: str


class TextsIn(Asked):
    texts: list[Annotated[str, Field(min_length=1, max_length=20_000)]] = Field(min_length=1, max_length=10)


class BoxOut(BaseModel):
    """Shares of the page's width and height, from its upper left corner."""

    x0: float
    y0: float
    x1: float
    y1: float


class BoxesOut(BaseModel):
    boxes: list[list[BoxOut]] = Field(description="For each text, one per line; none where it is not on the page.")


@router.post("/knowledge-bases/{knowledge_base_id}/documents", status_code=202, openapi_extra=FORM)
async def add_to_base(knowledge_base_id: Id, request: Request, deps: Deps, scope: CurrentScope) -> Page[DocumentOut]:
    """Send files; they are taken in in the background. Ask for each until it is `ready` or `failed`."""
    return _accepted(await deps.knowledge.uploads.to_base(scope, knowledge_base_id, files(request)))


@router.post("/workflows/{workflow_id}/documents", status_code=202, openapi_extra=FORM)
async def add_to_workflow(workflow_id: Id, request: Request, deps: Deps, scope: CurrentScope) -> Page[DocumentOut]:
    """Send files to the workflow's own knowledge base, which the first upload makes."""
    async with deps.database.read() as session:
        workflow = await store.get(session, scope, workflow_id)
    return _accepted(await deps.knowledge.uploads.to_workflow(scope, workflow_id, workflow.name, files(request)))


@router.get("/knowledge-bases/{knowledge_base_id}/documents")
async def of_base(
    knowledge_base_id: Id,
    deps: Deps,
    scope: CurrentScope,
    page: Pages100,
    sort: Sort = "created_at",
) -> Page[DocumentOut]:
    """In the order in which they came, or the newest first."""
    async with deps.database.read() as session:
        await bases.find(session, scope, knowledge_base_id)
        found, total = await documents.listed(
            session, scope, knowledge_base_id, page.skip, page.limit, newest_first=sort == NEWEST_FIRST
        )
    return page.of(DocumentOut, [_out(document) for document in found], total)


@router.get("/workflows/{workflow_id}/documents")
async def of_workflow(
    workflow_id: Id,
    deps: Deps,
    scope: CurrentScope,
    page: Pages100,
    sort: Sort = "created_at",
) -> Page[DocumentOut]:
    """Those of its own knowledge base, in the order in which they came, or the newest first."""
    async with deps.database.read() as session:
        await store.get(session, scope, workflow_id)
        own = await bases.own_of(session, scope, workflow_id)
        if own is None:
            return page.of(DocumentOut, [], 0)
        found, total = await documents.listed(
            session, scope, own.id, page.skip, page.limit, newest_first=sort == NEWEST_FIRST
        )
    return page.of(DocumentOut, [_out(document) for document in found], total)


@router.get("/documents/{document_id}")
async def get(document_id: Id, deps: Deps, scope: CurrentScope) -> DocumentOut:
    async with deps.database.read() as session:
        return _out(await documents.find(session, scope, document_id))


@router.get(
    "/documents/{document_id}/file",
    response_class=StreamingResponse,
    responses={200: {"content": {BINARY: {"schema": {"type": "string", "format": "binary"}}}}},
)
async def original(document_id: Id, deps: Deps, scope: CurrentScope) -> StreamingResponse:
    """The file as it was uploaded. 404 where it is no longer kept (GENAI_STACK_KEEP_ORIGINALS_DAYS)."""
    async with deps.database.read() as session:
        document = await documents.find(session, scope, document_id)
    pieces = originals.stream(deps.database, scope, document_id)
    first = await anext(pieces, None)
    if first is None and document.size:
        raise NotFound("The original file is no longer stored, only its text. Upload the file again to keep it.")
    headers = {
        "content-disposition": f"attachment; filename*=UTF-8''{quote(document.filename)}",
        "content-length": str(document.size),
        "x-content-type-options": "nosniff",
    }
    return StreamingResponse(_rest(first or b"", pieces), media_type=BINARY, headers=headers)


async def _rest(first: bytes, pieces: AsyncGenerator[bytes]) -> AsyncGenerator[bytes]:
    yield first
    async for piece in pieces:
        yield piece


@router.delete("/documents/{document_id}", status_code=204)
async def remove(document_id: Id, deps: Deps, scope: CurrentScope) -> None:
    """With its original, its passages and their vectors; also while it is being taken in."""
    await deps.knowledge.deletion.delete_document(scope, document_id)


@router.get(
    "/documents/{document_id}/pages/{number}",
    response_model=PageOut,
    responses={200: {"content": {PNG: {"schema": {"type": "string", "format": "binary"}}}}},
)
async def page(
    document_id: Id,
    number: int,
    request: Request,
    deps: Deps,
    scope: CurrentScope,
    accept: Annotated[str, Header()] = "*/*",
) -> PageOut | Response:
    """The page's text, or with `Accept: image/png` the page of a PDF as a picture. A file without pages is page 1."""
    if PNG in accept:
        drawing = deps.knowledge.pages.picture_of(scope, document_id, number)
        picture = await while_connected(request, drawing)
        return Response(picture, media_type=PNG, headers={"cache-control": "private, max-age=3600", "vary": "accept"})
    async with deps.database.read() as session:
        text = await pages.text_of(session, scope, document_id, number)
    return PageOut(document_id=document_id, page=number, text=text)


@router.post("/documents/{document_id}/pages/{number}/boxes")
async def boxes(
    document_id: Id, number: int, body: TextsIn, request: Request, deps: Deps, scope: CurrentScope
) -> BoxesOut:
    """Where texts, such as a passage, stand on the picture of a PDF's page."""
    locating = deps.knowledge.pages.boxes_on(scope, document_id, number, body.texts)
    found = await while_connected(request, locating)
    return BoxesOut(boxes=[[BoxOut(**box._asdict()) for box in text] for text in found])


async def while_connected(request: Request, work: Coroutine[Any, Any, T]) -> T:
    """The work's result; when the client goes, the work is cancelled."""
    working, leaving = asyncio.ensure_future(work), asyncio.ensure_future(_disconnected(request))
    try:
        await asyncio.wait({working, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise Invalid("The connection was closed before the answer was ready. Ask again.")
        return await working
    finally:
        leaving.cancel()
        working.cancel()
        await asyncio.gather(working, leaving, return_exceptions=True)


async def _disconnected(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _accepted(taken: list[Document]) -> Page[DocumentOut]:
    return Pagination(0, max(1, len(taken))).of(DocumentOut, [_out(document) for document in taken], len(taken))


def _out(document: Document) -> DocumentOut:
    return DocumentOut.model_validate({**_columns(document), "metadata": document.meta})


def _columns(document: Document) -> dict[str, Any]:
    return {name: getattr(document, name) for name in DocumentOut.model_fields if name != "metadata"}
