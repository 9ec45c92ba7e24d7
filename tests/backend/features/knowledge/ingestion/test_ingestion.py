"""Documents taken in: whole, once, and never found before they are."""

import asyncio

from genai_stack.errors import ProviderUnreachable, StorageFull
from genai_stack.features.knowledge import bases, documents
from genai_stack.infra.database.database import Database
from genai_stack.infra.database.scope import THE_WORKSPACE
from tests.fakes.embedder import WordEmbedder
from tests.fakes.library import base, counts, ended, library_of, passages_written, ready, upload

PROSE = b"# Otters\n\nOtters sleep holding hands.\n\n" + b"They eat fish and crabs, and play a lot. " * 60


async def test_an_uploaded_text_becomes_ready_and_is_found(home: Database) -> None:
    async with library_of(home) as library:
        base_id = await base(library)
        [document] = await ready(library, base_id, {"otters.md": PROSE})
        assert (document.status, document.progress, document.kind, document.pages) == ("ready", 1.0, "markdown", None)
        assert document.meta == {"title": "Otters"}
        assert document.content.encode() == PROSE
        assert document.chunks
        found = await library.search.search(THE_WORKSPACE, base_id, "otters sleep holding hands", top_k=1)
        assert "holding hands" in found[0].text
        assert (found[0].filename, found[0].page) == ("otters.md", None)


async def test_an_empty_file_fails_alone(home: Database) -> None:
    async with library_of(home) as library:
        base_id = await base(library)
        empty, other = await upload(library, base_id, {"empty.txt": b"", "other.txt": b"Words."})
        assert (empty.status, empty.error) == ("failed", "The file is empty.")
        assert (await ended(library, other.id)).status == "ready"


async def test_the_same_text_is_embedded_once(home: Database) -> None:
    embedder = WordEmbedder()
    async with library_of(home, embedder) as library:
        base_id = await base(library)
        await ready(library, base_id, {"one.txt": PROSE, "two.txt": PROSE})
        assert len(embedder.asked) == len(set(embedder.asked))
        held = await counts(home)
        assert held["embeddings"] == len(embedder.asked) < held["passages"]


async def test_a_failing_embedder_leaves_nothing_to_be_found(home: Database) -> None:
    embedder = WordEmbedder()
    async with library_of(home, embedder) as library:
        base_id = await base(library, chunk_size=20, chunk_overlap=0)
        embedder.fails_with = ProviderUnreachable("The embedding server cannot be reached.")
        [document] = await upload(library, base_id, {"a.txt": PROSE})
        failed = await ended(library, document.id)
        assert (failed.status, failed.error) == ("failed", "The embedding server cannot be reached.")
        held = await counts(home)
        assert (held["passages"], held["embeddings"]) == (0, 0)
        assert await library.search.search(THE_WORKSPACE, base_id, "otters") == []


async def test_a_full_disk_is_waited_for(home: Database) -> None:
    embedder = WordEmbedder()
    embedder.fails_with = StorageFull("No space is left.")
    async with library_of(home, embedder) as library:
        base_id = await base(library)
        [document] = await upload(library, base_id, {"a.txt": PROSE})
        while not embedder.asked:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        embedder.fails_with = None
        assert (await ended(library, document.id)).status == "ready"


async def test_another_embedder_is_refused_with_a_sentence(home: Database) -> None:
    async with library_of(home) as library:
        base_id = await base(library)
        await ready(library, base_id, {"a.txt": PROSE})
    async with library_of(home, WordEmbedder("other")) as library:
        [document] = await upload(library, base_id, {"b.txt": b"Something else."})
        failed = await ended(library, document.id)
        assert failed.status == "failed"
        assert "cannot be compared" in (failed.error or "")
        assert (await counts(home))["documents"] == 2


async def test_deleting_during_ingestion_leaves_nothing(home: Database) -> None:
    embedder = WordEmbedder(pause=0.05)
    async with library_of(home, embedder) as library:
        base_id = await base(library, chunk_size=20, chunk_overlap=0)
        [document] = await upload(library, base_id, {"a.txt": b"word number again and " * 3000})
        await passages_written(home)
        await library.deletion.delete_document(THE_WORKSPACE, document.id)
        assert set((await counts(home)).values()) == {0}


async def test_a_document_that_a_dead_process_left_is_finished_without_embedding_again(home: Database) -> None:
    text = " ".join(f"word{n}" for n in range(4000)).encode()
    first = WordEmbedder(pause=0.05)
    async with library_of(home, first) as library:
        base_id = await base(library, chunk_size=20, chunk_overlap=0)
        [document] = await upload(library, base_id, {"a.txt": text})
        kept = await passages_written(home)
    async with home.read() as session:
        left = await documents.find(session, THE_WORKSPACE, document.id)
    assert left.status == "processing"
    assert 0 < left.progress < 1
    second = WordEmbedder()
    async with library_of(home, second) as library:
        assert await library.search.search(THE_WORKSPACE, base_id, "word7") == []
        await library.resume(THE_WORKSPACE)
        taken = await ended(library, document.id)
        assert (taken.status, taken.chunks) == ("ready", (await counts(home))["passages"])
        assert len(second.asked) <= (taken.chunks or 0) - kept


async def test_what_is_cut_anew_after_a_crash_leaves_no_vector_behind(home: Database) -> None:
    text = " ".join(f"word{n}" for n in range(4000)).encode()
    async with library_of(home, WordEmbedder(pause=0.05)) as library:
        base_id = await base(library, chunk_size=20, chunk_overlap=0)
        [document] = await upload(library, base_id, {"a.txt": text})
        await passages_written(home, 100)
    async with library_of(home) as library:
        async with home.write() as session:
            await bases.change(session, THE_WORKSPACE, base_id, bases.Draft("Papers", chunk_size=500, chunk_overlap=0))
        await library.resume(THE_WORKSPACE)
        taken = await ended(library, document.id)
        held = await counts(home)
        assert taken.status == "ready", taken.error
        assert held["passages"] == held["embeddings"] == taken.chunks


async def test_a_document_in_another_language_is_warned_of_with_the_local_embedder(home: Database) -> None:
    german = "Der Wärter zündet die Lampe in der Nacht an, und sie brennt, bis das Licht über die See kommt. " * 2
    english = "The keeper of the lighthouse has to light the lamp at dusk, and it is put out when the day comes. " * 2
    async with library_of(home) as library:
        told, quiet = await ready(library, await base(library), {"de.txt": german.encode(), "en.txt": english.encode()})
    assert "does not seem to be in English" in told.meta["warnings"][0]
    assert "warnings" not in quiet.meta
