"""Which edges are legal: the server's rule, on the same cases as the canvas (`rules.test.ts`)."""

import json
from pathlib import Path
from typing import Any

import pytest

from genai_stack import nodes
from genai_stack.engine import graph
from genai_stack.engine.catalog import Catalog
from genai_stack.engine.validate import validate

SHARED = json.loads((Path(__file__).parent / "connection_cases.json").read_text())
CATALOG = Catalog.of(nodes)
ILLEGAL = {"cycle", "incompatible_types", "unknown_port"}
KINDS = ("query", "knowledge_base", "llm", "llm-2", "output")


def test_the_cases_know_the_ports_of_the_server():
    for name, sides in SHARED["ports"].items():
        for side, told in sides.items():
            found = [
                {"name": port.name, "types": list(port.types), "multiple": port.several}
                for port in getattr(CATALOG[name], side)
            ]
            assert found == told


@pytest.mark.parametrize("case", SHARED["cases"], ids=lambda case: case["name"])
def test_an_edge_is_legal_or_not(case: dict[str, Any]):
    wires = [*case["edges"], [*case["from"], *case["to"]]]
    configuration = {
        "nodes": [{"id": kind, "type": kind.removesuffix("-2")} for kind in KINDS],
        "edges": [
            {"id": str(place), "source": a, "sourceHandle": out, "target": b, "targetHandle": into}
            for place, (a, out, b, into) in enumerate(wires)
        ],
    }
    problems = validate(graph.read(configuration, graph.Limits()), CATALOG)
    assert bool(ILLEGAL & {problem.code for problem in problems}) != case["legal"]
