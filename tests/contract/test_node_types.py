"""Every node type: its form can be drawn, its ports can be met, its words are there."""

import pytest

from genai_stack import nodes
from genai_stack.engine.catalog import Catalog
from genai_stack.engine.forms import form_field, undrawable
from genai_stack.engine.node import AnyNodeType, NodeConfig
from genai_stack.engine.ports import PORT_TYPES

CATALOG = Catalog.of(nodes)


@pytest.fixture(params=list(CATALOG), ids=lambda node_type: node_type.type)
def node_type(request: pytest.FixtureRequest) -> AnyNodeType:
    return request.param


def test_its_form_can_be_drawn_and_its_defaults_fit(node_type: AnyNodeType) -> None:
    assert undrawable(node_type.Config) == []
    node_type.Config.model_validate(node_type.Config().model_dump())
    for field in node_type.Config.model_json_schema()["properties"].values():
        for names in field.get("shown_if", {}):
            assert names in node_type.Config.model_fields


def test_it_is_described_in_words(node_type: AnyNodeType) -> None:
    described = node_type.describe()
    assert all(described[word] for word in ("type", "title", "description", "category", "icon"))


def test_its_ports_can_meet_others(node_type: AnyNodeType) -> None:
    every = [port for other in CATALOG for port in (*other.inputs, *other.outputs)]
    for port in (*node_type.inputs, *node_type.outputs):
        assert set(port.types) <= set(PORT_TYPES)
        assert sum(bool(set(port.types) & set(other.types)) for other in every) > 1
    if node_type.role == "entry":
        assert not node_type.inputs
    if node_type.role == "exit":
        assert not node_type.outputs


def test_a_form_that_cannot_be_drawn_is_refused() -> None:
    class Odd(NodeConfig):
        colour: str = form_field("red", "colour", title="Colour", help="Any.")  # type: ignore[arg-type]
        needed: str
        nested: dict[str, int] = form_field({}, "text", title="", help="x")

    faults = "; ".join(undrawable(Odd))
    assert "colour" in faults
    assert "needed" in faults
