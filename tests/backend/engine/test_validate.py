"""Every problem that a graph can have, in words that say what to do."""

import time
from itertools import pairwise
from typing import Any

import pytest

from genai_stack import nodes
from genai_stack.engine.catalog import Catalog
from genai_stack.engine.graph import Graph, Limits, read
from genai_stack.engine.node import ValidationContext
from genai_stack.engine.validate import Problem, errors_in, validate
from genai_stack.errors import Invalid, TooLarge
from tests.support import graphs
from tests.support.graphs import Json, edge, graph, node

CATALOG = Catalog.of(nodes)
Q, O = node("q", "query", "The question"), node("o", "output", "The answer")  # noqa: E741
ECHO = [edge("q", "text", "o", "answer", "e")]


def found(drawn: Json, **context: Any) -> list[Problem]:
    return validate(Graph.model_validate(drawn), CATALOG, ValidationContext(**context))


def llm(name: str = "m", **config: Any) -> Json:
    return node(name, "llm", f"Model {name}", **config)


def between(*names: str) -> list[Json]:
    return [edge(a, "answer", b, "prompt") for a, b in pairwise(names)]


CASES: dict[str, tuple[Json, str, dict[str, str | None]]] = {
    "no_query": (graph([O], []), "no_query", {}),
    "no_output": (graph([Q], []), "no_output", {}),
    "cycle": (
        graph([Q, llm("a"), llm("b"), O], [*between("a", "b", "a"), *ECHO]),
        "cycle",
        {"node_id": "a", "said": "Model a → Model b → Model a"},
    ),
    "cycle of one": (
        graph([Q, llm("a"), O], [*between("a", "a"), *ECHO]),
        "cycle",
        {"node_id": "a", "said": "Model a"},
    ),
    "unknown_node_type": (
        graph([Q, O, node("x", "magic", "Mine")], ECHO),
        "unknown_node_type",
        {"node_id": "x", "said": "“Mine”"},
    ),
    "unknown output": (
        graph([Q, O], [edge("q", "words", "o", "answer", "e")]),
        "unknown_port",
        {"node_id": "q", "edge_id": "e", "said": "“words”"},
    ),
    "unknown input": (
        graph([Q, O], [edge("q", "text", "o", "ear", "e")]),
        "unknown_port",
        {"node_id": "o", "edge_id": "e"},
    ),
    "no handle": (graph([Q, O], [{"id": "e", "source": "q", "target": "o"}]), "unknown_port", {"edge_id": "e"}),
    "incompatible_types": (
        graph([Q, llm(), O], [*ECHO, edge("q", "text", "m", "prompt"), edge("q", "text", "m", "context", "bad")]),
        "incompatible_types",
        {"node_id": "m", "edge_id": "bad", "said": "documents"},
    ),
    "missing_input": (
        graph([Q, O, llm()], ECHO),
        "missing_input",
        {"node_id": "m", "field": "prompt", "said": "“Model m”"},
    ),
    "too_many_edges": (
        graph([Q, node("p", "query"), O], [*ECHO, edge("p", "text", "o", "answer", "extra")]),
        "too_many_edges",
        {"node_id": "o", "edge_id": "extra", "field": "answer"},
    ),
    "dangling source": (
        graph([Q, O], [*ECHO, edge("gone", "text", "o", "answer", "d")]),
        "dangling_edge",
        {"edge_id": "d"},
    ),
    "dangling target": (graph([Q, O], [*ECHO, edge("q", "text", "gone", "x", "d")]), "dangling_edge", {"edge_id": "d"}),
    "duplicate node": (graph([Q, Q, O], ECHO), "duplicate_id", {"node_id": "q"}),
    "duplicate edge": (graph([Q, O], [*ECHO, *ECHO]), "duplicate_id", {"edge_id": "e"}),
    "a setting that is wrong": (
        graph([Q, O, node("k", "knowledge_base", "Library", top_k=0)], ECHO),
        "invalid_config",
        {"node_id": "k", "field": "top_k", "said": "“Library”"},
    ),
    "a setting that is unknown": (
        graph([Q, node("o", "output", colour=1)], ECHO),
        "invalid_config",
        {"field": "colour"},
    ),
    "no model": (
        graph([Q, O, llm(provider="openai_compatible", base_url="http://x")], ECHO),
        "invalid_config",
        {"field": "model"},
    ),
    "no address": (
        graph([Q, O, llm(provider="openai_compatible", model="m")], ECHO),
        "invalid_config",
        {"field": "base_url"},
    ),
    "a knowledge base that is gone": (
        graph([Q, O, node("k", "knowledge_base", knowledge_base_id="gone")], ECHO),
        "invalid_config",
        {"field": "knowledge_base_id"},
    ),
    "openai without a key": (
        graph([Q, O, llm(provider="openai", model="m")], ECHO),
        "missing_credential",
        {"node_id": "m"},
    ),
    "gemini without a key": (graph([Q, O, llm(provider="gemini", model="m")], ECHO), "missing_credential", {}),
    "anthropic without a key": (
        graph([Q, O, llm(provider="anthropic", model="m")], ECHO),
        "missing_credential",
        {"field": "credential_id"},
    ),
    "unreachable": (
        graph([Q, node("p", "query", "Lonely"), O], ECHO),
        "unreachable",
        {"node_id": "p", "said": "“Lonely”"},
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_problem_is_told_with_its_place_and_a_remedy(name: str) -> None:
    drawn, code, place = CASES[name]
    problem = next(problem for problem in found(drawn) if problem.code == code)
    assert problem.severity == ("warning" if code == "unreachable" else "error")
    for part, value in place.items():
        assert value is not None
        if part == "said":
            assert value in problem.message
        else:
            assert getattr(problem, part) == value
    assert problem.message.endswith(".")
    assert len(problem.message.split()) > 4


def test_graphs_that_can_run_have_no_problems() -> None:
    assert found(graphs.echo()) == found(graphs.asked(None)) == found(graphs.chain(20)) == []
    keyed = graphs.asked(None, provider="openai", model="m", credential_id="c")
    assert found(keyed, credentials={"c": "openai"}) == []
    assert [problem.code for problem in found(keyed, credentials={"c": "gemini"})] == ["missing_credential"]
    several = graph(
        [Q, node("a", "knowledge_base"), node("b", "knowledge_base"), llm(), O],
        [edge("q", "text", "a", "query"), edge("q", "text", "b", "query"), edge("q", "text", "m", "prompt"),
         edge("a", "context", "m", "context"), edge("b", "context", "m", "context"), edge("m", "answer", "o", "answer")],
    )  # fmt: skip
    assert found(several) == []


def test_all_problems_are_told_at_once() -> None:
    edges = [*between("a", "b", "a"), edge("no", "x", "a", "prompt")]
    drawn = graph([node("x", "magic"), llm("a"), llm("b")], edges)
    codes = {problem.code for problem in found(drawn)}
    assert codes >= {"unknown_node_type", "cycle", "dangling_edge", "no_query", "no_output"}


def test_a_chain_of_ten_thousand_nodes_is_validated_in_seconds() -> None:
    drawn = graphs.chain(10_000)
    with pytest.raises(TooLarge, match="10,000 nodes"):
        read(drawn, Limits())
    began = time.monotonic()
    large = read(drawn, Limits(nodes=10_000, edges=10_000, size=10_000_000))
    assert errors_in(validate(large, CATALOG, ValidationContext())) == []
    assert time.monotonic() - began < 30


def test_limits_are_stated_when_they_are_passed() -> None:
    for limits, word in (
        (Limits(nodes=1), "nodes"),
        (Limits(edges=0), "edges"),
        (Limits(size=10), "bytes"),
        (Limits(depth=2), "levels"),
    ):
        with pytest.raises(TooLarge, match=word):
            read(graphs.echo(), limits)
    for wrong in (None, [], "x", 1):
        with pytest.raises(Invalid):
            read(wrong, Limits())
