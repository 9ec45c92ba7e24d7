"""What lists show of graphs: kept with each, and right also after keys and knowledge bases come and go."""

import pytest
from sqlalchemy import delete, update

from genai_stack import nodes
from genai_stack.engine.catalog import Catalog
from genai_stack.engine.graph import Graph
from genai_stack.features.credentials.tables import Credential
from genai_stack.features.knowledge.tables import KnowledgeBase
from genai_stack.features.workflows import validation
from genai_stack.features.workflows.search import search
from genai_stack.features.workflows.tables import Workflow
from genai_stack.features.workflows.validation import Summary
from genai_stack.infra.database.columns import new_id
from genai_stack.infra.database.database import Database
from genai_stack.infra.database.scope import THE_WORKSPACE, Scope
from tests.support import graphs, rows
from tests.support.graphs import edge, graph, node
from tests.support.talk import Json

CATALOG = Catalog.of(nodes)


def credential(scope: Scope = THE_WORKSPACE, provider: str = "openai") -> Credential:
    made = {"id": new_id(), "name": "Key", "secret": b"", "last4": "1234"}
    return Credential(workspace_id=scope.workspace_id, provider=provider, **made)


def with_key(credential_id: str) -> Json:
    llm = node("l", "llm", provider="openai", model="gpt-x", credential_id=credential_id)
    edges = [edge("q", "text", "l", "prompt"), edge("l", "answer", "o", "answer")]
    return graph([node("q", "query"), llm, node("o", "output")], edges)


def with_base(base_id: str) -> Json:
    base = node("k", "knowledge_base", knowledge_base_id=base_id)
    edges = [edge("q", "text", "k", "query"), edge("k", "context", "o", "answer")]
    return graph([node("q", "query"), base, node("o", "output")], edges)


async def saved(database: Database, configuration: Json) -> Workflow:
    async with database.write() as session:
        workflow = rows.workflow(configuration=configuration)
        session.add(workflow)
        await session.flush()
        outcome = await validation.validated(session, THE_WORKSPACE, CATALOG, Graph.model_validate(configuration))
        validation.keep(workflow, CATALOG, outcome.summary)
    return workflow


async def listed(database: Database) -> list[Summary]:
    async with database.read() as session:
        found, _ = await search(session, THE_WORKSPACE, "", 0, 50, sort="created_at")
        return await validation.summaries(session, THE_WORKSPACE, CATALOG, found)


@pytest.fixture
async def home(database: Database) -> Database:
    async with database.write() as session:
        await rows.workspace(session)
    return database


async def test_a_summary_is_kept_with_its_graph_and_the_graph_is_not_read_again(home: Database) -> None:
    await saved(home, graphs.echo())
    async with home.write() as session:
        await session.execute(update(Workflow).values(configuration={"no": "graph"}))
    assert await listed(home) == [Summary(["query", "output"], 0, {})]


async def test_errors_follow_a_key_that_goes_and_comes_back(home: Database) -> None:
    key = credential()
    async with home.write() as session:
        session.add(key)
    await saved(home, with_key(key.id))
    assert [one.error_count for one in await listed(home)] == [0]
    async with home.write() as session:
        await session.execute(update(Credential).values(provider="gemini"))
    assert [one.error_count for one in await listed(home)] == [1]
    async with home.write() as session:
        await session.execute(delete(Credential))
    assert [one.error_count for one in await listed(home)] == [1]
    async with home.write() as session:
        again = credential()
        again.id = key.id
        session.add(again)
    assert [one.error_count for one in await listed(home)] == [0]


async def test_errors_follow_a_knowledge_base_that_is_deleted(home: Database) -> None:
    base = rows.knowledge_base()
    async with home.write() as session:
        session.add(base)
    await saved(home, with_base(base.id))
    assert [one.error_count for one in await listed(home)] == [0]
    async with home.write() as session:
        await session.execute(delete(KnowledgeBase))
    assert [one.error_count for one in await listed(home)] == [1]


async def test_a_key_of_another_workspace_is_as_good_as_none(home: Database) -> None:
    key = credential(Scope(new_id()))
    async with home.write() as session:
        await rows.workspace(session, Scope(key.workspace_id))
        session.add(key)
    await saved(home, with_key(key.id))
    assert [one.error_count for one in await listed(home)] == [1]


async def test_a_name_that_is_no_id_is_an_error_of_the_graph_and_not_of_the_database(home: Database) -> None:
    await saved(home, with_key("my key"))
    await saved(home, with_base("my base"))
    assert [one.error_count for one in await listed(home)] == [1, 1]


async def test_graphs_without_a_summary_are_validated_for_the_list(home: Database) -> None:
    async with home.write() as session:
        session.add(rows.workflow(configuration=graph([node("o", "output")], [])))
    assert [(one.node_types, one.error_count > 0) for one in await listed(home)] == [(["output"], True)]


async def test_a_changed_catalog_is_another_one() -> None:
    assert Catalog.of(nodes).fingerprint == CATALOG.fingerprint
    fewer = Catalog(type(one) for one in CATALOG if one.type != "llm")
    assert fewer.fingerprint != CATALOG.fingerprint
