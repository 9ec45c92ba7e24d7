"""Knowledge bases: made, changed, deleted, searched."""

from datetime import datetime
from typing import Annotated

from fastapi import Query
from pydantic import BaseModel, Field, StrictBool, StrictFloat, StrictInt, StrictStr

from genai_stack.api.http.dependencies import Deps
from genai_stack.api.http.models import Asked, Id, Page, Pages50, Pagination
from genai_stack.api.http.problems import PROVIDER_RESPONSES
from genai_stack.api.http.routing import CurrentScope, Policy, Router
from genai_stack.features.credentials import store as credentials
from genai_stack.features.knowledge import bases
from genai_stack.features.knowledge.bases import Draft, EmbedderChoice
from genai_stack.features.knowledge.retrieval.search import MOST
from genai_stack.features.knowledge.tables import KnowledgeBase
from genai_stack.infra.database.database import ReadSession
from genai_stack.infra.database.scope import Scope
from genai_stack.integrations.parsing.passages import CHUNK_WORDS, OVERLAP_WORDS

router = Router(Policy.WORKSPACE, tag="knowledge bases", prefix="/knowledge-bases")


class PassageOut(BaseModel):
    document_id: str
    filename: str
    page: int | None
    score: float
    text: str
    match: str | None = Field(None, description="The sentence of `text` that matches the query best, letter by letter.")


Scalar = StrictBool | StrictInt | StrictFloat | StrictStr


class EmbedderIn(Asked):
    """Who turns texts into vectors. `local` needs nothing else."""

    provider: str = Field(default="local", max_length=100)
    model: str | None = Field(default=None, max_length=200)
    credential_id: Id | None = None
    base_url: str | None = Field(default=None, max_length=2000)

    def choice(self) -> EmbedderChoice:
        return EmbedderChoice(self.provider, self.model or None, self.credential_id, self.base_url or None)


class KnowledgeBaseIn(Asked):
    name: str = Field(min_length=1, max_length=200)
    embedder: EmbedderIn = Field(default_factory=EmbedderIn)
    chunk_size: int = Field(default=CHUNK_WORDS, description="Words in a passage, at most.")
    chunk_overlap: int = Field(default=OVERLAP_WORDS, description="Words that a passage shares with the one before.")


class KnowledgeBaseChange(Asked):
    """What is left out stays as it is."""

    name: str | None = Field(default=None, min_length=1, max_length=200)
    embedder: EmbedderIn | None = None
    chunk_size: int | None = None
    chunk_overlap: int | None = None


class EmbedderOut(BaseModel):
    provider: str
    model: str | None
    credential_id: str | None
    base_url: str | None


class KnowledgeBaseOut(BaseModel):
    id: str
    name: str
    workflow_id: str | None = Field(description="The workflow that owns it; null where it is shared.")
    embedder: EmbedderOut
    fingerprint: str | None = Field(description="Who made its vectors; null before the first document.")
    dimensions: int | None
    chunk_size: int
    chunk_overlap: int
    created_at: datetime
    updated_at: datetime


class SearchIn(Asked):
    """Passages come best first by meaning and by words. A score is a cosine, so scores need not descend."""

    query: str = Field(min_length=1, max_length=20_000)
    top_k: int = Field(default=4, ge=1, le=MOST)
    document_ids: list[Id] | None = Field(default=None, max_length=1000, description="Look into these only.")
    filter: dict[Annotated[str, Field(min_length=1, max_length=100, pattern=r'^[^"\\]+$')], Scalar] | None = Field(
        None, max_length=20, description="Look into documents only whose metadata have these values."
    )


@router.post("", status_code=201)
async def add(body: KnowledgeBaseIn, deps: Deps, scope: CurrentScope) -> KnowledgeBaseOut:
    """Make one that workflows may share."""
    draft = Draft(body.name, body.embedder.choice(), body.chunk_size, body.chunk_overlap)
    async with deps.database.write() as session:
        await _check_key(session, scope, draft)
        return _out(await bases.create(session, scope, draft))


@router.get("")
async def all_of(
    deps: Deps,
    scope: CurrentScope,
    page: Pages50,
    shared: Annotated[bool | None, Query(description="Only shared ones, or only those of one workflow.")] = None,
) -> Page[KnowledgeBaseOut]:
    """The shared ones and those that workflows own, newest first."""
    async with deps.database.read() as session:
        found, total = await bases.listed(session, scope, page.skip, page.limit, shared=shared)
    return page.of(KnowledgeBaseOut, found, total)


@router.get("/{knowledge_base_id}")
async def get(knowledge_base_id: Id, deps: Deps, scope: CurrentScope) -> KnowledgeBaseOut:
    async with deps.database.read() as session:
        return _out(await bases.find(session, scope, knowledge_base_id))


@router.put("/{knowledge_base_id}")
async def change(knowledge_base_id: Id, body: KnowledgeBaseChange, deps: Deps, scope: CurrentScope) -> KnowledgeBaseOut:
    """Sizes are for documents that come. Another embedder is refused (409) while there are documents."""
    async with deps.database.write() as session:
        base = await bases.find(session, scope, knowledge_base_id)
        draft = Draft(
            base.name if body.name is None else body.name,
            EmbedderChoice.of(base.embedder) if body.embedder is None else body.embedder.choice(),
            base.chunk_size if body.chunk_size is None else body.chunk_size,
            base.chunk_overlap if body.chunk_overlap is None else body.chunk_overlap,
        )
        await _check_key(session, scope, draft)
        return _out(await bases.change(session, scope, knowledge_base_id, draft))


@router.delete("/{knowledge_base_id}", status_code=204)
async def remove(knowledge_base_id: Id, deps: Deps, scope: CurrentScope) -> None:
    """With its documents, their passages and vectors."""
    await deps.knowledge.deletion.delete_base(scope, knowledge_base_id)


@router.post("/{knowledge_base_id}/search", responses=PROVIDER_RESPONSES)
async def search(knowledge_base_id: Id, body: SearchIn, deps: Deps, scope: CurrentScope) -> Page[PassageOut]:
    """The passages that come nearest to the query, best first."""
    found = await deps.knowledge.search.search(
        scope,
        knowledge_base_id,
        body.query,
        top_k=body.top_k,
        document_ids=body.document_ids,
        filter=body.filter,
    )
    return Pagination(0, body.top_k).of(PassageOut, found, len(found))


async def _check_key(session: ReadSession, scope: Scope, draft: Draft) -> None:
    if draft.embedder.credential_id is not None:
        await credentials.get(session, scope, draft.embedder.credential_id)


def _out(base: KnowledgeBase) -> KnowledgeBaseOut:
    return KnowledgeBaseOut.model_validate(base, from_attributes=True)
