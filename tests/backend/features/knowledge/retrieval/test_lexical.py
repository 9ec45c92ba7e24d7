"""Lexical search on both databases: what is found, whose it is, and that it leaves with its passages."""

import pytest
from sqlalchemy import text

from genai_stack.features.knowledge.retrieval import lexical
from genai_stack.infra.database.database import Database
from genai_stack.infra.database.scope import THE_WORKSPACE, Scope
from tests.fakes.library import Library, base, library_of, ready

PARTS = {
    f"part-{n}.txt": f"Spare part record. Part number KX-{n}-B. Stock on hand: {n % 17}. Shelf {n % 5}.".encode()
    for n in range(4100, 4100 + 60 * 7, 7)
}


async def found(library: Library, base_id: str, question: str, **wanted: object) -> list[str]:
    passages = await library.search.search(THE_WORKSPACE, base_id, question, **wanted)  # type: ignore[arg-type]
    return [passage.filename for passage in passages]


async def hits(database: Database, base_id: str, question: str, scope: Scope = THE_WORKSPACE) -> lexical.LexicalHits:
    async with database.read_much() as session:
        return await lexical.search(session, scope, base_id, question, 10, None)


async def count(database: Database) -> int:
    async with database.read() as session:
        return await session.scalar(text("SELECT count(*) FROM passage_words")) or 0


async def test_identifiers_are_found_letter_by_letter_among_sixty_alike(home: Database) -> None:
    async with library_of(home) as library:
        base_id = await base(library)
        documents = await ready(library, base_id, PARTS)
        assert (await found(library, base_id, "KX-4282-B"))[0] == "part-4282.txt"
        assert (await found(library, base_id, "part number 4191"))[0] == "part-4191.txt"
        assert (await found(library, base_id, "Wie viele kx-4282-b sind da?", top_k=1)) == ["part-4282.txt"]
        others = [document.id for document in documents if document.filename != "part-4282.txt"]
        assert "part-4282.txt" not in await found(library, base_id, "KX-4282-B", document_ids=others)


async def test_words_of_other_scripts_and_accents_are_found(home: Database) -> None:
    texts = {"ja.txt": "灯台の灯は夕方に灯される。", "de.txt": "Der Brückenbau in Zürich.", "en.txt": "The lighthouse."}
    async with library_of(home) as library:
        base_id = await base(library)
        await ready(library, base_id, {name: content.encode() for name, content in texts.items()})
        for question, name in (("灯台", "ja.txt"), ("zurich", "de.txt"), ("BRÜCKENBAU", "de.txt")):
            assert (await found(library, base_id, question))[0] == name


@pytest.mark.parametrize("question", ["", "???", "the of and", '" OR 1 --', "don't (AND) NEAR* C++ & | ! <->", "a:b"])
async def test_any_question_is_taken(home: Database, question: str) -> None:
    async with library_of(home) as library:
        base_id = await base(library)
        await ready(library, base_id, {"a.txt": b"Otters sleep holding hands."})
        assert isinstance(await hits(home, base_id, question), lexical.LexicalHits)


async def test_nothing_of_other_bases_and_workspaces_is_found(home: Database) -> None:
    async with library_of(home) as library:
        base_id, other = await base(library), await base(library)
        await ready(library, base_id, {"a.txt": b"Part number KX-1234-B."})
        assert (await hits(home, base_id, "KX-1234-B")).literal
        assert not (await hits(home, other, "KX-1234-B")).ranked
        assert not (await hits(home, base_id, "KX-1234-B", Scope("00000000-0000-4000-8000-00000000ffff"))).ranked


async def test_words_leave_with_their_passages(home: Database) -> None:
    async with library_of(home) as library:
        base_id = await base(library)
        await ready(library, base_id, {"a.txt": b"Part number KX-1234-B.", "b.txt": b"Otters sleep."})
        assert await count(home) == 2
        async with home.write() as session:
            await session.execute(text("DELETE FROM passages WHERE text LIKE 'Part%'"))
        assert await count(home) == 1
        assert not (await hits(home, base_id, "KX-1234-B")).ranked
        async with home.write() as session:
            await session.execute(text("DELETE FROM knowledge_bases"))
        assert await count(home) == 0


async def test_what_is_put_twice_is_kept_once(home: Database) -> None:
    async with library_of(home) as library:
        base_id = await base(library)
        await ready(library, base_id, {"a.txt": b"Otters sleep."})
        [passage] = (await hits(home, base_id, "otters")).ranked
        async with home.write() as session:
            await lexical.put(session, base_id, {passage: "Otters sleep."})
        assert await count(home) == 1
