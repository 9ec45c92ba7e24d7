"""Search of workflows: parts of names and descriptions, tags and orders, among few and among many."""

import pytest

from genai_stack.features.workflows import store
from genai_stack.features.workflows.search import ORDERS, SORTED_ROWS, search
from genai_stack.features.workflows.tables import WorkflowTag
from genai_stack.infra.database.columns import new_id
from genai_stack.infra.database.database import Database
from genai_stack.infra.database.scope import THE_WORKSPACE, Scope
from tests.support import graphs, rows

NAMES = ("Support desk", "support 100%", "Éclair “shop”", "Zebra", "apple_pie", "日本語の質問")


async def named(database: Database, words: str, **options: str) -> list[str]:
    async with database.read() as session:
        found, total = await search(session, THE_WORKSPACE, words, 0, 500, **options)
    assert total == len(found)
    return [workflow.name for workflow in found]


@pytest.fixture
async def filled(database: Database) -> Database:
    async with database.write() as session:
        await rows.workspace(session)
        for number, name in enumerate(NAMES):
            workflow = rows.workflow(name=name, description="for guests" if number % 2 else "")
            session.add(workflow)
            await session.flush()
            session.add(
                WorkflowTag(workspace_id=workflow.workspace_id, workflow_id=workflow.id, tag=f"tag {number % 2}")
            )
    return database


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("SUPPORT", {"Support desk", "support 100%"}),
        ("port d", {"Support desk"}),
        ("0%", {"support 100%"}),
        ("100%", {"support 100%"}),
        ("e_p", {"apple_pie"}),
        ("%%%", set()),
        ("“shop”", {"Éclair “shop”"}),
        ("éCL", {"Éclair “shop”"}),
        ("本", {"日本語の質問"}),
        ("本語の", {"日本語の質問"}),
        ("guests", {"support 100%", "Zebra", "日本語の質問"}),
        ('"quoted" OR zebra', set()),
        ("nothing has this", set()),
    ],
)
async def test_any_part_of_a_name_or_description_is_found(filled: Database, words: str, expected: set[str]) -> None:
    assert set(await named(filled, words)) == expected


async def test_words_and_tags_narrow_together(filled: Database) -> None:
    assert set(await named(filled, "support")) == {"Support desk", "support 100%"}
    assert await named(filled, "support", tag="tag 1") == ["support 100%"]
    assert await named(filled, "", tag="tag 2") == []
    assert len(await named(filled, "", tag="tag 1")) == 3


async def test_names_are_sorted_whatever_their_case(filled: Database) -> None:
    found = await named(filled, "", sort="name")
    assert found.index("apple_pie") < found.index("Support desk") < found.index("Zebra")
    assert await named(filled, "", sort="-name") == found[::-1]


async def test_changed_names_are_found_and_former_ones_not(filled: Database) -> None:
    async with filled.write() as session:
        found, _ = await search(session, THE_WORKSPACE, "zebra", 0, 1)
        await store.replace(session, THE_WORKSPACE, found[0].id, "Okapi", "", graphs.echo(), None)
    assert (await named(filled, "zebra"), await named(filled, "okapi")) == ([], ["Okapi"])
    async with filled.write() as session:
        await store.remove(session, THE_WORKSPACE, found[0].id)
    assert await named(filled, "okapi") == []


async def test_stacks_of_another_workspace_are_not_found(filled: Database) -> None:
    async with filled.write() as session:
        await rows.workspace(session, Scope(other := new_id()))
        session.add(rows.workflow(Scope(other), name="Support of others"))
    assert set(await named(filled, "support")) == {"Support desk", "support 100%"}


@pytest.mark.parametrize("count", [SORTED_ROWS, SORTED_ROWS + 1])
async def test_matches_are_paged_alike_among_few_and_among_many(database: Database, count: int) -> None:
    """Up to a bound the matches are sorted, beyond it the list is walked: the pages must be the same."""
    async with database.write() as session:
        await rows.workspace(session)
        made = [rows.workflow(name=f"Stack {number % 7}") for number in range(count)]
        session.add_all([*made, *(rows.workflow(name="Other") for _ in range(40))])
        await session.flush()
        session.add_all([WorkflowTag(workspace_id=one.workspace_id, workflow_id=one.id, tag="beta") for one in made])
    for words, tag in (("stack", ""), ("", "beta"), ("stack", "beta"), ("st", "beta")):
        for sort in (*ORDERS, "-updated_at"):
            async with database.read() as session:
                every, total = await search(session, THE_WORKSPACE, words, 0, 1_000, tag=tag, sort=sort)
                first, _ = await search(session, THE_WORKSPACE, words, 0, 10, tag=tag, sort=sort)
                last, _ = await search(session, THE_WORKSPACE, words, count - 10, 24, tag=tag, sort=sort)
            key = ORDERS[sort.removeprefix("-")].key
            expected = sorted(every, key=lambda one: (getattr(one, key), one.id), reverse=sort.startswith("-"))
            assert (total, len(every)) == (count, count)
            assert [one.id for one in every] == [one.id for one in expected]
            assert (first, last) == (every[:10], every[-10:])
