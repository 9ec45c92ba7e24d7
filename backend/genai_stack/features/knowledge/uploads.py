"""Uploads: files come in as pieces, and become documents together, or not at all."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from typing import Any, NamedTuple, cast

from sqlalchemy import CursorResult, select, update

from genai_stack.errors import Invalid, NotFound, TooLarge
from genai_stack.features.knowledge import bases, originals
from genai_stack.features.knowledge.deletion import Deletion
from genai_stack.features.knowledge.documents import FAILED, PROCESSING, UPLOADING
from genai_stack.features.knowledge.tables import Document, KnowledgeBase
from genai_stack.infra.database.columns import new_id
from genai_stack.infra.database.database import Database, WriteSession
from genai_stack.infra.database.scope import Scope
from genai_stack.infra.finish import finish_even_if_cancelled
from genai_stack.infra.queue.queue import Job, Queue

LARGEST = 50 * 1024 * 1024  # bytes of one file
LONGEST_NAME = 255

FindBase = Callable[[WriteSession], Awaitable[KnowledgeBase]]


class UploadedFile(NamedTuple):
    name: str
    chunks: AsyncIterator[bytes]


def label(name: str) -> str:
    """A file's name as something to read: no folders, nothing unprintable. It is never a path."""
    last = re.split(r"[/\\]", name)[-1]
    shown = "".join(letter if letter.isprintable() else "\ufffd" for letter in last).strip()
    if len(shown) > LONGEST_NAME:
        stem, dot, ending = shown.rpartition(".")
        ending = dot + ending if stem and len(ending) < 20 else ""
        shown = shown[: LONGEST_NAME - len(ending)] + ending
    return shown if shown.strip(". ") else "unnamed"


def ingestion_of(document: Document) -> Job:
    """The documents of a knowledge base are taken in one after another, so that the same text is embedded once."""
    workspace = document.workspace_id
    return Job("ingestion", document.id, workspace, ordering_key=document.knowledge_base_id, fairness_key=workspace)


class Uploads:
    """`largest` is in bytes, for one file."""

    def __init__(self, database: Database, job_queue: Queue, deletion: Deletion, *, largest: int = LARGEST) -> None:
        self._database = database
        self._queue = job_queue
        self._deletion = deletion
        self.largest = largest

    async def to_base(self, scope: Scope, knowledge_base_id: str, files: AsyncIterator[UploadedFile]) -> list[Document]:
        async def find(session: WriteSession) -> KnowledgeBase:
            return await bases.find(session, scope, knowledge_base_id)

        return await self._take(scope, find, files)

    async def to_workflow(
        self, scope: Scope, workflow_id: str, name: str, files: AsyncIterator[UploadedFile]
    ) -> list[Document]:
        """Its own knowledge base is made by the first upload, and named as the workflow is."""

        async def find(session: WriteSession) -> KnowledgeBase:
            return await bases.make_own(session, scope, workflow_id, name)

        return await self._take(scope, find, files)

    async def _take(self, scope: Scope, find: FindBase, files: AsyncIterator[UploadedFile]) -> list[Document]:
        begun: list[str] = []
        try:
            async for file in files:
                begun.append(new_id())
                await self._store(scope, find, begun[-1], file)
            return await finish_even_if_cancelled(self._begin(scope, begun))
        except BaseException:
            if begun:
                await finish_even_if_cancelled(self._deletion.undo_uploads(scope, begun))
            raise

    async def _store(self, scope: Scope, find: FindBase, document_id: str, file: UploadedFile) -> None:
        name = label(file.name)
        size = number = 0
        waiting: list[bytes] = []

        async def write() -> None:
            async with self._database.write() as session:
                if number == 0:
                    base = await find(session)
                    session.add(_row(scope, base, document_id, name))
                    await session.flush()
                await _still_wanted(session, scope, document_id, size)
                if waiting:
                    await originals.append(session, scope, document_id, number, waiting)

        async for piece in originals.pieces_of(file.chunks):
            size += len(piece)
            if size > self.largest:
                raise TooLarge(
                    f'"{name}" is larger than {self.largest / 1024 / 1024:,.0f} MB, the limit for one file. '
                    "Split it and try again."
                )
            waiting.append(piece)
            if len(waiting) == originals.AT_ONCE:
                await finish_even_if_cancelled(write())
                number += len(waiting)
                waiting.clear()
        if waiting or number == 0:
            await finish_even_if_cancelled(write())

    async def _begin(self, scope: Scope, begun: list[str]) -> list[Document]:
        """All of them at once become documents that are taken in."""
        if not begun:
            raise Invalid("The request has no file. Send one or more in the field `file`.")
        async with self._database.write() as session:
            documents = await _uploaded(session, scope, begun)
            if len(documents) < len(begun):
                raise NotFound("The knowledge base was deleted during the upload.")
            for document in documents:
                if document.size:
                    document.status = PROCESSING
                    await session.take_part(partial(self._queue.submit, job=ingestion_of(document)))
                else:
                    document.status, document.error = FAILED, "The file is empty."
        order = {document_id: at for at, document_id in enumerate(begun)}
        return sorted(documents, key=lambda document: order[document.id])


def _row(scope: Scope, base: KnowledgeBase, document_id: str, name: str) -> Document:
    return Document(
        id=document_id,
        workspace_id=scope.workspace_id,
        workflow_id=base.workflow_id,
        knowledge_base_id=base.id,
        filename=name,
        size=0,
        status=UPLOADING,
    )


async def _still_wanted(session: WriteSession, scope: Scope, document_id: str, size: int) -> None:
    there = (Document.of(scope), Document.id == document_id, Document.status == UPLOADING)
    result = await session.execute(update(Document).where(*there).values(size=size))
    if cast("CursorResult[Any]", result).rowcount != 1:
        raise NotFound("The knowledge base was deleted during the upload.")


async def _uploaded(session: WriteSession, scope: Scope, begun: list[str]) -> list[Document]:
    there = (Document.of(scope), Document.status == UPLOADING)
    rows = await session.scalars(select(Document).where(*there, Document.id.in_(begun)).with_for_update())
    return list(rows)
