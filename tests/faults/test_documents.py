"""Documents whose process is killed at any moment: each is whole or absent, and nothing is left of those deleted."""

import asyncio
import os
import random
import sys
from pathlib import Path

from sqlalchemy import func, select

from genai_stack.features.knowledge import bases, documents, originals
from genai_stack.features.knowledge.retrieval.index_snapshot import read_snapshot
from genai_stack.features.knowledge.tables import Document, Embedding, KnowledgeBase, OriginalPiece, PassageRow
from genai_stack.infra.database.database import Database
from genai_stack.infra.database.scope import THE_WORKSPACE
from genai_stack.integrations.vectors.chroma import ChromaIndex
from genai_stack.integrations.vectors.chroma_child import ChromaChild
from tests.fakes.embedder import WordEmbedder
from tests.fakes.library import Library, library_of, until

ROUNDS = int(os.environ.get("GENAI_STACK_FAULT_ROUNDS", "3"))
SEED = int(os.environ.get("GENAI_STACK_FAULT_SEED", "0")) or random.randrange(1, 1_000_000)


async def test_a_killed_process_leaves_documents_whole_or_absent(home: Database, tmp_path: Path) -> None:
    print(f"seed {SEED}")
    chance = random.Random(SEED)
    url = home.url.render_as_string(hide_password=False)
    for number in range(ROUNDS):
        await _killed(url, tmp_path, SEED + number, chance.uniform(0.0, 1.5))
        index = ChromaIndex(ChromaChild(tmp_path / "chroma"))
        async with library_of(home, WordEmbedder(), index) as library:
            await library.resume(THE_WORKSPACE)
            await until(lambda: _quiet(home), 60)
            await _check_rows(home)
            await _check_search(library)


async def _killed(url: str, folder: Path, seed: int, after: float) -> None:
    command = (sys.executable, "-m", "tests.faults.taking_documents", url, str(folder), str(seed))
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    assert await process.stdout.readline() == b"begun\n"
    await asyncio.sleep(after)
    assert process.returncode is None
    process.kill()
    await process.wait()


async def _quiet(database: Database) -> bool:
    async with database.read() as session:
        busy = select(func.count()).select_from(Document).where(Document.status.not_in(["ready", "failed"]))
        going = select(func.count()).select_from(KnowledgeBase).where(KnowledgeBase.revision == bases.DELETED)
        return not await session.scalar(busy) and not await session.scalar(going)


async def _check_rows(database: Database) -> None:
    async with database.read() as session:
        rows = list(await session.scalars(select(Document)))
        for document in rows:
            passages = select(func.count()).select_from(PassageRow).where(PassageRow.document_id == document.id)
            written = await session.scalar(passages)
            assert written == (document.chunks or 0), document.filename
            assert (document.status == "failed") == document.filename.endswith(".bin"), document.error
        of_none = select(func.count()).select_from(OriginalPiece)
        assert not await session.scalar(of_none.where(OriginalPiece.document_id.not_in([row.id for row in rows])))
        hashes = set(await session.scalars(select(PassageRow.text_hash)))
        assert set(await session.scalars(select(Embedding.text_hash))) == hashes
    for document in rows:
        assert len(await originals.read(database, THE_WORKSPACE, document.id)) == document.size


async def _check_search(library: Library) -> None:
    """Every ready document is found by its own words, from SQL and from the index alike."""
    async with library.database.read() as session:
        found, _ = await bases.listed(session, THE_WORKSPACE, 0, 500)
    for base in found[:3]:
        async with library.database.read() as session:
            rows, _ = await documents.listed(session, THE_WORKSPACE, base.id, 0, 100)
            extent = await read_snapshot(session, THE_WORKSPACE, base.id)
        assert extent is not None
        ready = [row for row in rows if row.status == "ready"]
        assert set(extent.documents) == {row.id for row in ready}
        for _ in range(2):  # from SQL, then from the index
            for row in ready:
                async with library.database.read() as session:
                    first = select(PassageRow.text).where(PassageRow.document_id == row.id).limit(1)
                    text = await session.scalar(first)
                assert text
                hits = await library.search.search(THE_WORKSPACE, base.id, text, top_k=1, document_ids=[row.id])
                assert hits[0].score > 0.999
            await asyncio.wait_for(library.index.refresh(THE_WORKSPACE, base.id), 30)
            assert library.index.in_sync(extent)
