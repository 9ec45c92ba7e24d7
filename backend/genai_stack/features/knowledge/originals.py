"""Uploaded files as they came: pieces in the database."""

from collections.abc import AsyncGenerator, AsyncIterator

from sqlalchemy import delete, insert, select

from genai_stack.features.knowledge.tables import OriginalPiece
from genai_stack.infra.database.database import Database, WriteSession
from genai_stack.infra.database.scope import Scope

PIECE = 256 * 1024  # bytes
AT_ONCE = 4  # pieces that are written or removed in one transaction: a few milliseconds


async def pieces_of(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The same bytes in pieces of `PIECE`, the last one shorter."""
    waiting = bytearray()
    async for chunk in chunks:
        waiting += chunk
        while len(waiting) >= PIECE:
            yield bytes(waiting[:PIECE])
            del waiting[:PIECE]
    if waiting:
        yield bytes(waiting)


async def append(session: WriteSession, scope: Scope, document_id: str, number: int, pieces: list[bytes]) -> None:
    """`number` counts from 0 and is that of the first piece."""
    keys = {"document_id": document_id, "workspace_id": scope.workspace_id}
    rows = [{**keys, "number": number + at, "content": piece} for at, piece in enumerate(pieces)]
    await session.execute(insert(OriginalPiece), rows)


async def read(database: Database, scope: Scope, document_id: str) -> bytes:
    return b"".join([piece async for piece in stream(database, scope, document_id)])


async def stream(database: Database, scope: Scope, document_id: str) -> AsyncGenerator[bytes]:
    """Piece by piece; nothing where the original is not kept any more."""
    number = -1
    while True:
        query = (
            select(OriginalPiece.number, OriginalPiece.content)
            .where(
                OriginalPiece.of(scope),
                OriginalPiece.document_id == document_id,
                OriginalPiece.number > number,
            )
            .order_by(OriginalPiece.number)
            .limit(AT_ONCE)
        )
        async with database.read_much() as session:
            rows = (await session.execute(query)).all()
        for number, piece in rows:  # noqa: B007 (the last one is where the next query goes on)
            yield piece
        if len(rows) < AT_ONCE:
            return


async def remove(session: WriteSession, scope: Scope, document_id: str) -> int:
    """A few pieces; how many it were."""
    of_document = (OriginalPiece.of(scope), OriginalPiece.document_id == document_id)
    numbers = (await session.scalars(select(OriginalPiece.number).where(*of_document).limit(AT_ONCE))).all()
    if numbers:
        await session.execute(delete(OriginalPiece).where(*of_document, OriginalPiece.number.in_(numbers)))
    return len(numbers)
