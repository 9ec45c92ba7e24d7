"""Whether a graph can run, and what to do where it cannot."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from pydantic import ValidationError

from genai_stack.engine.catalog import Catalog
from genai_stack.engine.graph import Edge, Graph, Node
from genai_stack.engine.node import AnyNodeType, NodeConfig, ValidationContext
from genai_stack.engine.ports import PORT_TYPES, Port

if TYPE_CHECKING:
    import networkx

    Drawn = networkx.DiGraph[str]

Code = Literal[
    "cycle", "unknown_node_type", "unknown_port", "incompatible_types", "missing_input", "too_many_edges",
    "dangling_edge", "duplicate_id", "invalid_config", "missing_credential", "no_query", "no_output", "unreachable",
]  # fmt: skip

EMPTY_CONTEXT = ValidationContext()
"""A workspace without keys and knowledge bases."""


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong, where, and what to do."""

    code: Code
    severity: Literal["error", "warning"]
    message: str
    node_id: str | None = None
    edge_id: str | None = None
    field: str | None = None


def validate(graph: Graph, catalog: Catalog, context: ValidationContext | None = EMPTY_CONTEXT) -> list[Problem]:
    """Every problem of a graph: first those of its nodes, then of its edges, then of the whole.

    With `facts` None, what depends on the workspace (its keys, its knowledge bases) is not looked at.
    """
    known = _GraphLookup(graph, catalog)
    return [
        *_duplicates(graph),
        *(problem for node in graph.nodes for problem in _of_node(node, known, context)),
        *(problem for edge in graph.edges for problem in _of_edge(edge, known)),
        *_of_inputs(graph, known),
        *_of_ends(known),
        *_of_paths(graph, known),
    ]


def errors_in(problems: Iterable[Problem]) -> list[Problem]:
    return [problem for problem in problems if problem.severity == "error"]


class _GraphLookup:
    """Nodes by id with their types, and the labels that messages use."""

    def __init__(self, graph: Graph, catalog: Catalog) -> None:
        self.types: dict[str, AnyNodeType | None] = {node.id: catalog.get(node.type) for node in graph.nodes}
        self.labels: Mapping[str, str] = {node.id: label_of(node, catalog) for node in graph.nodes}

    def label(self, node_id: str) -> str:
        return f"“{self.labels[node_id]}”"

    def with_role(self, role: str) -> list[str]:
        return [node_id for node_id, kind in self.types.items() if kind and kind.role == role]

    def output(self, edge: Edge) -> Port | None:
        return _port(self.types.get(edge.source), "outputs", edge.sourceHandle)

    def input(self, edge: Edge) -> Port | None:
        return _port(self.types.get(edge.target), "inputs", edge.targetHandle)


def label_of(node: Node, catalog: Catalog) -> str:
    node_type = catalog.get(node.type)
    return node.data.label or (node_type.title if node_type else node.id)


def _port(node_type: AnyNodeType | None, side: Literal["inputs", "outputs"], name: str | None) -> Port | None:
    ports: tuple[Port, ...] = getattr(node_type, side) if node_type else ()
    return next((port for port in ports if port.name == name), None)


def _duplicates(graph: Graph) -> Iterator[Problem]:
    for node_id, times in Counter(node.id for node in graph.nodes).items():
        if times > 1:
            message = f"{times} nodes have the id “{node_id}”. Give each node its own id."
            yield Problem("duplicate_id", "error", message, node_id=node_id)
    for edge_id, times in Counter(edge.id for edge in graph.edges).items():
        if times > 1:
            message = f"{times} edges have the id “{edge_id}”. Give each edge its own id."
            yield Problem("duplicate_id", "error", message, edge_id=edge_id)


def _of_node(node: Node, known: _GraphLookup, context: ValidationContext | None) -> Iterator[Problem]:
    node_type = known.types[node.id]
    if node_type is None:
        message = f"{known.label(node.id)} has the type “{node.type}”, which this server does not have. Delete it."
        yield Problem("unknown_node_type", "error", message, node_id=node.id)
        return
    try:
        config: NodeConfig = node_type.Config.model_validate(node.data.config)
    except ValidationError as error:
        for fault in error.errors(include_url=False, include_input=False):
            field = ".".join(str(part) for part in fault["loc"]) or None
            message = f"{known.label(node.id)}: {_sentence(field, fault['type'], fault['msg'])}"
            yield Problem("invalid_config", "error", message, node_id=node.id, field=field)
        return
    for found in node_type.problems(config, context) if context is not None else ():
        message = f"{known.label(node.id)}: {found.message}"
        yield Problem(found.code, "error", message, node_id=node.id, field=found.field)


def _sentence(field: str | None, kind: str, message: str) -> str:
    if kind == "extra_forbidden":
        return f"there is no setting “{field}”. Remove it."
    return f"the setting “{field}” is not valid: {message}."


def _of_edge(edge: Edge, known: _GraphLookup) -> Iterator[Problem]:
    for end, node_id in (("starts", edge.source), ("ends", edge.target)):
        if node_id not in known.types:
            message = f"An edge {end} at a node “{node_id}” that does not exist. Delete the edge."
            yield Problem("dangling_edge", "error", message, edge_id=edge.id)
            return
    output, into = known.output(edge), known.input(edge)
    ends = (
        (edge.source, output, "output", edge.sourceHandle),
        (edge.target, into, "input", edge.targetHandle),
    )
    for node_id, port, side, handle in ends:
        if port is None and known.types[node_id] is not None:
            message = f"{known.label(node_id)} has no {side} “{handle}”. Connect the edge again."
            yield Problem("unknown_port", "error", message, node_id=node_id, edge_id=edge.id)
    if output and into and not into.accepts(output):
        message = (
            f"{known.label(edge.target)} accepts {_kinds(into)} at “{into.title}”, but gets {_kinds(output)} "
            f"from {known.label(edge.source)}. Connect an output of the right type."
        )
        yield Problem("incompatible_types", "error", message, node_id=edge.target, edge_id=edge.id)


def _kinds(port: Port) -> str:
    return " or ".join(PORT_TYPES[kind].title.lower() for kind in port.types)


def _of_inputs(graph: Graph, known: _GraphLookup) -> Iterator[Problem]:
    arriving: defaultdict[tuple[str, str | None], list[Edge]] = defaultdict(list)
    for edge in graph.edges:
        if edge.source in known.types:
            arriving[edge.target, edge.targetHandle].append(edge)
    for node_id, node_type in known.types.items():
        for port in node_type.inputs if node_type else ():
            edges = arriving[node_id, port.name]
            if port.required and not edges:
                message = f"{known.label(node_id)} needs {_kinds(port)} at “{port.title}”. Connect an output to it."
                yield Problem("missing_input", "error", message, node_id=node_id, field=port.name)
            for extra in () if port.several else edges[1:]:
                message = (
                    f"{known.label(node_id)} takes one connection at “{port.title}” but has {len(edges)}. Delete one."
                )
                yield Problem("too_many_edges", "error", message, node_id=node_id, edge_id=extra.id, field=port.name)


def _of_ends(known: _GraphLookup) -> Iterator[Problem]:
    roles = {node_type.role for node_type in known.types.values() if node_type}
    if "entry" not in roles:
        yield Problem("no_query", "error", "The stack has no User Query, so it can’t receive a question. Add one.")
    if "exit" not in roles:
        yield Problem("no_output", "error", "The stack has no Output, so it can’t show an answer. Add one.")


def _of_paths(graph: Graph, known: _GraphLookup) -> Iterator[Problem]:
    import networkx  # noqa: PLC0415 (a tenth of a second that a start can do without)

    drawn: Drawn = networkx.DiGraph()
    drawn.add_nodes_from(known.types)
    drawn.add_edges_from(
        (edge.source, edge.target) for edge in graph.edges if edge.source in known.types and edge.target in known.types
    )
    yield from _cycles(drawn, known)
    yield from _unreachable(drawn, known)


def _cycles(drawn: "Drawn", known: _GraphLookup) -> Iterator[Problem]:
    import networkx  # noqa: PLC0415

    order = {node_id: place for place, node_id in enumerate(known.types)}
    for members in networkx.strongly_connected_components(drawn):
        first = min(members, key=order.__getitem__)
        if len(members) > 1 or drawn.has_edge(first, first):
            path = _circle(drawn, members, first)
            shown = " → ".join(known.labels[node_id] for node_id in [*path[:8], path[0]])
            message = f"These nodes form a loop: {shown}. Delete one of the edges between them."
            yield Problem("cycle", "error", message, node_id=first)


def _circle(drawn: "Drawn", members: set[str], first: str) -> list[str]:
    """One way around from `first` back to it, among nodes that all reach each other."""
    path, seen = [first], {first}
    while not drawn.has_edge(path[-1], first):
        onward = next((node_id for node_id in drawn.successors(path[-1]) if node_id in members - seen), None)
        if onward is None:
            path.pop()
            continue
        path.append(onward)
        seen.add(onward)
    return path


def _unreachable(drawn: "Drawn", known: _GraphLookup) -> Iterator[Problem]:
    asked = _spread(drawn, known.with_role("entry"))
    heard = _spread(drawn.reverse(copy=False), known.with_role("exit"))
    for node_id in known.types:
        if node_id not in asked:
            message = f"{known.label(node_id)} isn’t connected to a User Query. Connect it, or delete it."
        elif node_id not in heard:
            message = f"{known.label(node_id)} isn’t connected to an Output. Connect it, or delete it."
        else:
            continue
        yield Problem("unreachable", "warning", message, node_id=node_id)


def _spread(drawn: "Drawn", starts: list[str]) -> set[str]:
    """Every node that can be reached from the starts, themselves included."""
    reached, waiting = set(starts), list(starts)
    while waiting:
        for following in drawn.successors(waiting.pop()):
            if following not in reached:
                reached.add(following)
                waiting.append(following)
    return reached


def described(problem: Problem) -> dict[str, Any]:
    return {
        "code": problem.code,
        "severity": problem.severity,
        "message": problem.message,
        "node_id": problem.node_id,
        "edge_id": problem.edge_id,
        "field": problem.field,
    }
