"""What nobody needs any more goes: uploads that were cut off, originals after their time, vectors without a passage."""

from datetime import timedelta

from sqlalchemy import delete, insert, select, update

from genai_stack.features.knowledge import cleanup
from genai_stack.features.knowledge import document_pages as pages
from genai_stack.features.knowledge.cleanup import Cleanup
from genai_stack.features.knowledge.tables import Document, Embedding, OriginalPiece, PassageRow
from genai_stack.infra.database.columns import now
from genai_stack.infra.database.database import Database
from genai_stack.infra.database.scope import THE_WORKSPACE
from tests.fakes import shelf
from tests.fakes.library import ELSEWHERE, Library, base, counts, library_of, ready, until

OTTERS = b"Otters sleep holding hands. " * 300
LARGE = b"Badgers dig setts with many rooms. " * 80_000  # several transactions of pieces
MONTH = timedelta(days=30)


def tidier(library: Library, keep_originals: timedelta | None = None) -> Cleanup:
    return Cleanup(library.database, library.deletion, keep_originals=keep_originals)


async def change(database: Database, filename: str, **values: object) -> None:
    async with database.write() as session:
        await session.execute(update(Document).where(Document.filename == filename).values(values))


async def originals_of(database: Database) -> set[str]:
    async with database.read() as session:
        names = select(Document.filename).join(OriginalPiece, OriginalPiece.document_id == Document.id)
        return set(await session.scalars(names))


async def test_an_upload_that_was_cut_off_goes_and_one_that_goes_on_stays(home: Database) -> None:
    async with library_of(home) as library:
        await ready(library, await base(library), {"dead.txt": OTTERS, "slow.txt": OTTERS})
        await change(home, "dead.txt", status="uploading", created_at=now() - timedelta(hours=7))
        await change(home, "slow.txt", status="uploading", created_at=now() - timedelta(hours=1))
        await tidier(library).tidy(THE_WORKSPACE)

        async def gone() -> bool:
            return (await counts(home))["documents"] == 1

        await until(gone)
        assert await originals_of(home) == {"slow.txt"}


async def test_an_original_goes_after_its_time_and_what_was_read_from_it_stays(home: Database) -> None:
    async with library_of(home) as library:
        base_id = await base(library)
        old, *_ = await ready(library, base_id, {"old.txt": LARGE, "young.txt": OTTERS, "going.txt": OTTERS})
        found = await library.search.search(THE_WORKSPACE, base_id, "badgers")
        before = await counts(home)
        await change(home, "old.txt", created_at=now() - MONTH)
        await change(home, "going.txt", created_at=now() - MONTH, status="processing")
        await tidier(library).tidy(THE_WORKSPACE)
        assert await originals_of(home) == {"old.txt", "young.txt", "going.txt"}
        await tidier(library, timedelta(days=29)).tidy(THE_WORKSPACE)
        assert await originals_of(home) == {"young.txt", "going.txt"}
        kept = await counts(home)
        assert {**kept, "original_pieces": 0} == {**before, "original_pieces": 0}
        await change(home, "going.txt", status="ready")
        assert await library.search.search(THE_WORKSPACE, base_id, "badgers") == found
        async with home.read() as session:
            assert (await pages.text_of(session, THE_WORKSPACE, old.id, 1)).encode() == LARGE


async def test_vectors_that_no_passage_has_go_and_no_others(home: Database) -> None:
    base_id, other_id = await shelf.make_base(home), await shelf.make_base(home)
    await shelf.put(home, base_id, ["otters sleep", "badgers dig"])
    lost = await shelf.put(home, other_id, [f"fact {number}" for number in range(cleanup.LOOKED_AT + 50)])
    async with home.write() as session:
        kept = set(await session.scalars(select(PassageRow.text_hash).where(PassageRow.document_id != lost)))
        await session.execute(delete(PassageRow).where(PassageRow.document_id == lost))
        row = {"text_hash": min(kept), "vector": b"\0" * 4}  # a text that is kept, under another embedder
        await session.execute(
            insert(Embedding), [{**row, "workspace_id": THE_WORKSPACE.workspace_id, "fingerprint": "zz"}]
        )
        await session.execute(insert(Embedding), [{**row, "workspace_id": ELSEWHERE.workspace_id, "fingerprint": "zz"}])
    async with library_of(home) as library:
        await tidier(library).tidy(THE_WORKSPACE)
    async with home.read() as session:
        left = (await session.execute(select(Embedding.workspace_id, Embedding.fingerprint, Embedding.text_hash))).all()
    ours = {(THE_WORKSPACE.workspace_id, shelf.FINGERPRINT, text_hash) for text_hash in kept}
    assert {tuple(row) for row in left} == ours | {(ELSEWHERE.workspace_id, "zz", min(kept))}
