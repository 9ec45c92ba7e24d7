"""Knowledge bases: which documents belong together, how they are cut, and who embeds them."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, exists, select, update
from sqlalchemy.exc import IntegrityError

from genai_stack.errors import EmbedderFixed, Invalid, NotFound
from genai_stack.features.knowledge.tables import Document, KnowledgeBase, PassageRow
from genai_stack.infra.database.columns import new_id, now
from genai_stack.infra.database.database import ReadSession, WriteSession
from genai_stack.infra.database.insert_absent import insert_absent
from genai_stack.infra.database.listing import page_of
from genai_stack.infra.database.row_counts import row_count
from genai_stack.infra.database.scope import Scope
from genai_stack.integrations.embedders import check_embedder
from genai_stack.integrations.embedding.embedder import Embedder
from genai_stack.integrations.parsing.passages import CHUNK_WORDS, MAX_CHUNK_WORDS, MIN_CHUNK_WORDS, OVERLAP_WORDS

DELETED = -1
"""The revision of a knowledge base that was deleted and whose rows are being removed: nobody sees it any more."""

COPYING = -2
"""The revision of a knowledge base that is being copied: nobody sees it yet."""


@dataclass(frozen=True, slots=True)
class EmbedderChoice:
    """Who makes the vectors. `credential_id` names a stored key; `base_url` is the server, where it is not fixed."""

    provider: str = "local"
    model: str | None = None
    credential_id: str | None = None
    base_url: str | None = None

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> "EmbedderChoice":
        return cls(**stored)

    def check(self) -> None:
        """Invalid where these words can make no embedder; whether they do is known when it is asked."""
        check_embedder(self.provider, self.model, has_key=self.credential_id is not None, base_url=self.base_url)

    def makes_the_same(self, other: "EmbedderChoice") -> bool:
        """Whether only the key differs."""
        return (self.provider, self.model, self.base_url) == (other.provider, other.model, other.base_url)


OpenEmbedder = Callable[[Scope, EmbedderChoice, str | None], Awaitable[Embedder]]
"""Takes the fingerprint of the vectors there are, and looks up the key.

Raises Invalid or NotFound where the choice does not make an embedder.
"""


@dataclass(frozen=True, slots=True)
class Draft:
    """What a person decides about a knowledge base; sizes in words."""

    name: str
    embedder: EmbedderChoice = field(default_factory=EmbedderChoice)
    chunk_size: int = CHUNK_WORDS
    chunk_overlap: int = OVERLAP_WORDS

    def check(self) -> None:
        self.embedder.check()
        if not MIN_CHUNK_WORDS <= self.chunk_size <= MAX_CHUNK_WORDS:
            raise Invalid(
                f"Passages can have {MIN_CHUNK_WORDS} to {MAX_CHUNK_WORDS} words (chunk_size), not {self.chunk_size}."
            )
        if not 0 <= self.chunk_overlap <= self.chunk_size // 2:
            raise Invalid(
                f"Passages of {self.chunk_size} words can overlap by 0 to {self.chunk_size // 2} words (chunk_overlap)."
            )

    def values(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "embedder": asdict(self.embedder),
            "chunk_size": self.chunk_size,
            "chunk_overlap": self.chunk_overlap,
        }


async def create(session: WriteSession, scope: Scope, draft: Draft) -> KnowledgeBase:
    draft.check()
    made = KnowledgeBase(id=new_id(), workspace_id=scope.workspace_id, **draft.values())
    session.add(made)
    await session.flush()
    return made


async def find(session: ReadSession, scope: Scope, base_id: str) -> KnowledgeBase:
    return _found(await session.scalar(select(KnowledgeBase).where(*_seen(scope), KnowledgeBase.id == base_id)))


async def listed(
    session: ReadSession, scope: Scope, skip: int, limit: int, *, shared: bool | None = None
) -> tuple[list[KnowledgeBase], int]:
    """The newest first, and how many there are. `shared`: only those that no workflow owns, or only those one owns."""
    mine = list(_seen(scope))
    if shared is not None:
        mine.append(KnowledgeBase.workflow_id.is_(None) if shared else KnowledgeBase.workflow_id.is_not(None))
    part = None if shared is None else "shared" if shared else "own"
    total = await row_count(session, scope, scope.workspace_id, "knowledge_bases", part)
    query, keys = select(KnowledgeBase).where(*mine), (KnowledgeBase.created_at, KnowledgeBase.id)
    return await page_of(session, query, keys, total, skip, limit, descending=True), total


async def change(session: WriteSession, scope: Scope, base_id: str, draft: Draft) -> KnowledgeBase:
    """Another size is for documents that come; another embedder only where there is none."""
    draft.check()
    row = await session.scalar(
        select(KnowledgeBase).where(*_seen(scope), KnowledgeBase.id == base_id).with_for_update()
    )
    base = _found(row)
    if not draft.embedder.makes_the_same(EmbedderChoice.of(base.embedder)):
        if await _has_documents(session, base):
            raise EmbedderFixed(
                f'"{base.name}" has documents, and vectors of two embedders cannot be compared. '
                "Delete its documents first, or make a new knowledge base."
            )
        base.fingerprint = base.dimensions = None
    for name, value in {**draft.values(), "updated_at": now()}.items():
        setattr(base, name, value)
    await session.flush()
    return base


async def own_of(session: ReadSession, scope: Scope, workflow_id: str) -> KnowledgeBase | None:
    """None before the first upload."""
    return await session.scalar(select(KnowledgeBase).where(*_seen(scope), KnowledgeBase.workflow_id == workflow_id))


async def make_own(session: WriteSession, scope: Scope, workflow_id: str, name: str) -> KnowledgeBase:
    """The workflow's own, made with this name where there is none yet. Raises NotFound where the workflow is gone."""
    keys = {"id": new_id(), "workspace_id": scope.workspace_id, "workflow_id": workflow_id}
    times = {"created_at": now(), "updated_at": now()}
    try:
        await insert_absent(session, KnowledgeBase, [{**keys, **Draft(name).values(), "revision": 0, **times}])
    except IntegrityError as error:
        raise NotFound("There is no such stack.") from error
    return _found(await own_of(session, scope, workflow_id))


async def rename_own(session: WriteSession, scope: Scope, workflow_id: str, name: str) -> None:
    """A workflow's own knowledge base has the workflow's name."""
    own = (KnowledgeBase.of(scope), KnowledgeBase.workflow_id == workflow_id)
    await session.execute(update(KnowledgeBase).where(*own).values(name=name))


async def soft_delete(session: WriteSession, scope: Scope, base_id: str) -> None:
    """Nobody sees it or its documents from the commit on; `documents.removal` then takes the rows away, in pieces."""
    base = await find(session, scope, base_id)
    base.revision, base.workflow_id = DELETED, None
    await session.flush()
    await session.execute(
        update(Document)
        .where(Document.of(scope), Document.knowledge_base_id == base_id)
        .values(status="deleting", workflow_id=None)
    )


async def lock_base(session: WriteSession, scope: Scope, base_id: str) -> None:
    """Until the commit it is not deleted. Before any of its documents is locked: who deletes locks in that order."""
    row = select(KnowledgeBase.id).where(KnowledgeBase.of(scope), KnowledgeBase.id == base_id)
    await session.execute(row.with_for_update(read=True, key_share=True))


async def bump_revision(session: WriteSession, scope: Scope, base_id: str) -> None:
    """What may be found in it changes with this commit."""
    await session.execute(
        update(KnowledgeBase)
        .where(*_seen(scope), KnowledgeBase.id == base_id)
        .values(revision=KnowledgeBase.revision + 1)
    )


async def fix_embedder(
    session: WriteSession, scope: Scope, base_id: str, fingerprint: str, dimensions: int
) -> str | None:
    """Records who embeds, while there is no passage yet; answers the fingerprint that counts, None where it is gone."""
    passages = exists().where(PassageRow.of(scope), PassageRow.knowledge_base_id == base_id)
    await session.execute(
        update(KnowledgeBase)
        .where(*_seen(scope), KnowledgeBase.id == base_id, ~passages)
        .values(fingerprint=fingerprint, dimensions=dimensions),
        execution_options={"synchronize_session": False},
    )
    return await session.scalar(select(KnowledgeBase.fingerprint).where(*_seen(scope), KnowledgeBase.id == base_id))


async def _has_documents(session: ReadSession, base: KnowledgeBase) -> bool:
    """Those that failed have no vectors."""
    with_vectors = (Document.knowledge_base_id == base.id, Document.status != "failed")
    return await session.scalar(select(Document.id).where(*with_vectors).limit(1)) is not None


def _seen(scope: Scope) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return KnowledgeBase.of(scope), KnowledgeBase.revision > DELETED


def _found(base: KnowledgeBase | None) -> KnowledgeBase:
    if base is None:
        raise NotFound("There is no such knowledge base.")
    return base
