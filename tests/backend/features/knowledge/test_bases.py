"""Knowledge bases: what may be changed, and when."""

import pytest

from genai_stack.errors import EmbedderFixed, Invalid
from genai_stack.features.knowledge import bases
from genai_stack.features.knowledge.bases import Draft, EmbedderChoice
from genai_stack.infra.database.database import Database
from genai_stack.infra.database.scope import THE_WORKSPACE
from tests.fakes.library import ELSEWHERE, base, library_of, ready

REMOTE = EmbedderChoice("openai_compatible", "some-model", None, "http://localhost:9/v1")


async def changed(database: Database, base_id: str, draft: Draft) -> bases.KnowledgeBase:
    async with database.write() as session:
        return await bases.change(session, THE_WORKSPACE, base_id, draft)


async def test_the_embedder_stays_while_there_are_documents(home: Database) -> None:
    async with library_of(home) as library:
        base_id = await base(library)
        [document] = await ready(library, base_id, {"a.txt": b"Words."})
        with pytest.raises(EmbedderFixed):
            await changed(home, base_id, Draft("Papers", REMOTE))
        with_key = EmbedderChoice(credential_id="00000000-0000-4000-8000-0000000000cc")
        kept = await changed(home, base_id, Draft("Renamed", with_key, 100, 10))
        assert (kept.name, kept.chunk_size, kept.fingerprint) == ("Renamed", 100, "fake:words:256")
        await library.deletion.delete_document(THE_WORKSPACE, document.id)
        fresh = await changed(home, base_id, Draft("Papers", REMOTE))
        assert (fresh.fingerprint, fresh.dimensions) == (None, None)


@pytest.mark.parametrize(
    "draft",
    [
        Draft("Papers", chunk_size=19),
        Draft("Papers", chunk_size=2001),
        Draft("Papers", chunk_size=100, chunk_overlap=51),
        Draft("Papers", chunk_overlap=-1),
        Draft("Papers", EmbedderChoice("nobody")),
        Draft("Papers", EmbedderChoice("openai", "m")),
        Draft("Papers", EmbedderChoice("openai_compatible", "m")),
        Draft("Papers", EmbedderChoice("gemini")),
        Draft("Papers", EmbedderChoice("local", "another")),
    ],
)
def test_a_draft_that_cannot_work_is_refused(draft: Draft) -> None:
    with pytest.raises(Invalid):
        draft.check()


async def test_each_workspace_sees_its_own(home: Database) -> None:
    async with library_of(home) as library:
        mine = [await base(library) for _ in range(3)]
        await base(library, ELSEWHERE)
        async with home.read() as session:
            found, total = await bases.listed(session, THE_WORKSPACE, 1, 1)
        assert total == 3
        assert found[0].id in mine
