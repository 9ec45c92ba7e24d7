"""What nobody needs any more: uploads that were cut off, originals after their time, vectors that no passage has."""

import asyncio
import time
from datetime import datetime, timedelta

import structlog
from sqlalchemy import exists, select, update

from genai_stack.features.knowledge import originals
from genai_stack.features.knowledge.deletion import Deletion
from genai_stack.features.knowledge.documents import DELETING, FAILED, READY, UPLOADING
from genai_stack.features.knowledge.retrieval import stored
from genai_stack.features.knowledge.retrieval.stored import Place
from genai_stack.features.knowledge.tables import Document, OriginalPiece
from genai_stack.infra.database.columns import now
from genai_stack.infra.database.database import Database
from genai_stack.infra.database.scope import Scope
from genai_stack.infra.finish import finish_even_if_cancelled

CUT_OFF = timedelta(hours=6)  # after which nobody is uploading any more: its process died
LISTED = 100  # documents that are looked for at once
LOOKED_AT = 1_000  # vectors that are looked at at once
PAUSE = 0.01  # seconds after each transaction, for what others have to write
ROUND = 20.0  # seconds after which the rest is left for the next round

FIRST = Place("", b"")

log = structlog.get_logger(__name__)


class Cleanup:
    """`keep_originals` counts from the upload; None is for ever."""

    def __init__(self, database: Database, deletion: Deletion, *, keep_originals: timedelta | None) -> None:
        self._database, self._deletion = database, deletion
        self._keep_originals = keep_originals
        self._looked_at = FIRST

    async def tidy(self, scope: Scope) -> None:
        """One round."""
        until = time.monotonic() + ROUND
        await self._give_up_cut_off(scope)
        await self._deletion.sweep(scope)
        if self._keep_originals is not None:
            await self._remove_originals(scope, now() - self._keep_originals, until)
        await self._remove_vectors(scope, until)

    async def _give_up_cut_off(self, scope: Scope) -> None:
        await self._deletion.delete_unfinished_copies(scope, now() - CUT_OFF)
        old = (Document.status == UPLOADING, Document.created_at < now() - CUT_OFF)
        async with self._database.write() as session:
            await session.execute(update(Document).where(Document.of(scope), *old).values(status=DELETING))

    async def _remove_originals(self, scope: Scope, before: datetime, until: float) -> None:
        """Text, passages and vectors stay."""
        kept = exists().where(OriginalPiece.document_id == Document.id)
        old = (Document.of(scope), Document.created_at < before)
        query = select(Document.id).where(*old, Document.status.in_((READY, FAILED)), kept).limit(LISTED)
        count = 0
        while time.monotonic() < until:
            async with self._database.read_much() as session:
                found = (await session.scalars(query)).all()
            if not found:
                break
            for document_id in found:
                await self._remove_original(scope, document_id)
            count += len(found)
        if count:
            log.info("originals.removed", count=count)

    async def _remove_original(self, scope: Scope, document_id: str) -> None:
        removed = originals.AT_ONCE
        while removed == originals.AT_ONCE:
            removed = await finish_even_if_cancelled(self._remove_pieces(scope, document_id))
            await asyncio.sleep(PAUSE)

    async def _remove_pieces(self, scope: Scope, document_id: str) -> int:
        async with self._database.write() as session:
            return await originals.remove(session, scope, document_id)

    async def _remove_vectors(self, scope: Scope, until: float) -> None:
        """Goes on where the last round ended, and begins again at the end."""
        count = 0
        while time.monotonic() < until:
            gone, last = await finish_even_if_cancelled(
                stored.remove_unneeded(self._database, scope, self._looked_at, limit=LOOKED_AT)
            )
            count += gone
            self._looked_at = last or FIRST
            if last is None:
                break
            await asyncio.sleep(PAUSE)
        if count:
            log.warning("vectors.removed", count=count)
