"""Passages and their vectors as rows: a vector is kept once, and as long as a passage needs it."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any, NamedTuple
from uuid import UUID, uuid5

from sqlalchemy import delete, exists, select, tuple_

from genai_stack.features.knowledge.retrieval import lexical
from genai_stack.features.knowledge.tables import Embedding, KnowledgeBase, PassageRow
from genai_stack.features.workspaces.tables import Workspace
from genai_stack.infra.database.database import Database, ReadSession, WriteSession
from genai_stack.infra.database.insert_absent import insert_absent
from genai_stack.infra.database.scope import Scope
from genai_stack.integrations.parsing.passages import TextChunk

_needed = exists().where(
    PassageRow.text_hash == Embedding.text_hash,
    PassageRow.workspace_id == Embedding.workspace_id,
    PassageRow.knowledge_base_id == KnowledgeBase.id,
    KnowledgeBase.fingerprint == Embedding.fingerprint,
)


class Hashed(NamedTuple):
    passage: TextChunk
    text_hash: bytes


class Target(NamedTuple):
    """What passages are written for: a document, and the fingerprint that its knowledge base has."""

    scope: Scope
    knowledge_base_id: str
    document_id: str
    fingerprint: str


async def lock_workspace(session: WriteSession, scope: Scope) -> None:
    """Until the commit nobody else in the workspace writes or removes passages: no vector goes while one comes.

    SQLite has one writer anyhow.
    """
    workspace = select(Workspace.id).where(Workspace.id == scope.workspace_id)
    await session.execute(workspace.with_for_update(key_share=True))


async def known_vectors(
    session: ReadSession, scope: Scope, fingerprint: str, hashes: Iterable[bytes]
) -> dict[bytes, bytes]:
    """The vectors of texts that were embedded before, by the text's hash."""
    found = await session.execute(
        select(Embedding.text_hash, Embedding.vector).where(
            Embedding.of(scope),
            Embedding.fingerprint == fingerprint,
            Embedding.text_hash.in_(set(hashes)),
        )
    )
    return dict(found.all())


async def put(
    session: WriteSession, target: Target, passages: Sequence[Hashed], vectors: Mapping[bytes, bytes], *, again: bool
) -> None:
    """`passages` follow each other. `again`: an earlier attempt may have left some, cut in another way."""
    await lock_workspace(session, target.scope)
    rows = [_row(target, hashed) for hashed in passages]
    if again:
        kept = {row["id"] for row in rows}
        span = PassageRow.position.between(passages[0].passage.position, passages[-1].passage.position)
        found = await session.execute(
            select(PassageRow.id, PassageRow.text_hash).where(*_of(target.scope, target.document_id), span)
        )
        await _remove(session, target.scope, target.fingerprint, [old for old in found if old[0] not in kept])
    keys = {"workspace_id": target.scope.workspace_id, "fingerprint": target.fingerprint}
    vector_rows = [{**keys, "text_hash": text_hash, "vector": vector} for text_hash, vector in vectors.items()]
    await insert_absent(session, Embedding, vector_rows)
    await insert_absent(session, PassageRow, rows)
    await lexical.put(session, target.knowledge_base_id, {str(row["id"]): str(row["text"]) for row in rows})


async def remove(
    session: WriteSession, scope: Scope, fingerprint: str | None, document_id: str, *, first: int = 0, limit: int
) -> int:
    """Up to `limit` passages of a document, from position `first` on; how many it were."""
    await lock_workspace(session, scope)
    found = await session.execute(
        select(PassageRow.id, PassageRow.text_hash)
        .where(*_of(scope, document_id), PassageRow.position >= first)
        .limit(limit)
    )
    old = list(found)
    await _remove(session, scope, fingerprint, old)
    return len(old)


class Place(NamedTuple):
    """Of a vector, in the order of their keys."""

    fingerprint: str
    text_hash: bytes


async def remove_unneeded(database: Database, scope: Scope, after: Place, limit: int) -> tuple[int, Place | None]:
    """Looks at the next `limit` vectors: how many went that no passage has, and the last place, None at the end."""
    key = (Embedding.fingerprint, Embedding.text_hash)
    page = (
        select(*key, _needed.label("needed"))
        .where(Embedding.of(scope), tuple_(*key) > tuple_(*after))
        .order_by(*key)
        .limit(limit)
    )
    async with database.read_much() as session:
        rows = (await session.execute(page)).all()
    cleanup = groupby((Place(row[0], row[1]) for row in rows if not row.needed), key=lambda place: place.fingerprint)
    gone = 0
    for fingerprint, places in cleanup:
        hashes = [place.text_hash for place in places]
        async with database.write() as session:
            await lock_workspace(session, scope)
            await _remove_unneeded(session, scope, fingerprint, hashes)
        gone += len(hashes)
    return gone, Place(rows[-1][0], rows[-1][1]) if len(rows) == limit else None


async def _remove(
    session: WriteSession, scope: Scope, fingerprint: str | None, old: Sequence[tuple[str, bytes]]
) -> None:
    if not old:
        return
    await session.execute(
        delete(PassageRow).where(PassageRow.of(scope), PassageRow.id.in_([passage_id for passage_id, _ in old])),
        execution_options={"synchronize_session": False},
    )
    if fingerprint is not None:
        await _remove_unneeded(session, scope, fingerprint, {text_hash for _, text_hash in old})


async def _remove_unneeded(session: WriteSession, scope: Scope, fingerprint: str, hashes: Iterable[bytes]) -> None:
    await session.execute(
        delete(Embedding).where(
            Embedding.of(scope),
            Embedding.fingerprint == fingerprint,
            Embedding.text_hash.in_(hashes),
            ~_needed,
        ),
        execution_options={"synchronize_session": False},
    )


def _of(scope: Scope, document_id: str) -> tuple[Any, Any]:
    return PassageRow.of(scope), PassageRow.document_id == document_id


def _row(target: Target, hashed: Hashed) -> dict[str, object]:
    (position, page, text), text_hash = hashed
    return {
        # The same in every attempt, and never that of another text: so an id stands for one vector.
        "id": str(uuid5(UUID(target.document_id), f"{position}:{text_hash.hex()}")),
        "workspace_id": target.scope.workspace_id,
        "knowledge_base_id": target.knowledge_base_id,
        "document_id": target.document_id,
        "position": position,
        "page": page,
        "text": text,
        "text_hash": text_hash,
    }
