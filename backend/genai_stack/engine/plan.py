"""A graph made ready to run: dense numbers, who follows whom, and where each input comes from."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any

from genai_stack.engine.catalog import Catalog
from genai_stack.engine.events import PlannedNode
from genai_stack.engine.graph import Graph
from genai_stack.engine.node import AnyNodeType
from genai_stack.engine.validate import label_of

Output = Callable[[Any], Any]
"""Takes a port's value out of a node's outputs."""


@dataclass(slots=True)
class Step:
    """One node of a plan.

    `single_inputs` are (input, source, its output); `list_inputs` have many sources, in plan order.
    """

    index: int
    id: str
    label: str
    type: str
    node_type: AnyNodeType
    config: Any
    single_inputs: tuple[tuple[str, int, Output], ...] = ()
    list_inputs: tuple[tuple[str, tuple[tuple[int, Output], ...]], ...] = ()
    successors: tuple[int, ...] = ()
    waits_for: int = 0
    speaks: bool = False
    """Whether its streamed text is part of the answer: an edge leads from it to an exit."""
    run: Any = field(init=False)
    make_inputs: Any = field(init=False)

    def __post_init__(self) -> None:
        self.run = self.node_type.run
        self.make_inputs = self.node_type.Inputs


class Plan:
    """A valid graph, compiled once per version of its workflow and shared by all its runs: never changed."""

    def __init__(self, graph: Graph, catalog: Catalog) -> None:
        order = _topological(graph)
        place = {node_id: index for index, node_id in enumerate(order)}
        nodes = {node.id: node for node in graph.nodes}
        self.steps: list[Step] = []
        for index, node_id in enumerate(order):
            node = nodes[node_id]
            node_type = catalog[node.type]
            config = node_type.Config.model_validate(node.data.config)
            self.steps.append(Step(index, node_id, label_of(node, catalog), node.type, node_type, config))
        self.index = place
        self._wire(graph)
        self.exits = tuple(step.index for step in self.steps if step.node_type.role == "exit")
        self.shortest_limit = min((step.node_type.time_limit for step in self.steps), default=60.0)

    def _wire(self, graph: Graph) -> None:
        arriving: list[dict[str, list[tuple[int, str]]]] = [{} for _ in self.steps]
        following: list[list[int]] = [[] for _ in self.steps]
        for edge in graph.edges:
            source, target = self.index[edge.source], self.index[edge.target]
            arriving[target].setdefault(str(edge.targetHandle), []).append((source, str(edge.sourceHandle)))
            following[source].append(target)
            streamed = any(
                port.streamed and port.name == edge.sourceHandle for port in self.steps[source].node_type.outputs
            )
            if streamed and self.steps[target].node_type.role == "exit":
                self.steps[source].speaks = True
        for step in self.steps:
            several = {port.name for port in step.node_type.inputs if port.several}
            came = arriving[step.index]
            bound = {
                name: tuple((source, attrgetter(port)) for source, port in sorted(sources))
                for name, sources in came.items()
            }
            step.single_inputs = tuple((name, *sources[0]) for name, sources in bound.items() if name not in several)
            step.list_inputs = tuple((name, sources) for name, sources in bound.items() if name in several)
            step.successors = tuple(following[step.index])
            step.waits_for = sum(len(sources) for sources in came.values())

    def described(self) -> list[PlannedNode]:
        return [PlannedNode(step.id, step.label, step.type) for step in self.steps]

    def before(self, index: int) -> set[int]:
        """Every step that the one at `index` waits for, directly or not."""
        return self._reach(index, _sources)

    def after(self, index: int) -> set[int]:
        """Every step that waits for the one at `index`, directly or not."""
        return self._reach(index, _followers)

    def _reach(self, index: int, onward: Callable[[Step], Iterable[int]]) -> set[int]:
        reached: set[int] = set()
        waiting = [index]
        while waiting:
            for other in onward(self.steps[waiting.pop()]):
                if other not in reached:
                    reached.add(other)
                    waiting.append(other)
        return reached


def _sources(step: Step) -> Iterator[int]:
    yield from (source for _, source, _ in step.single_inputs)
    for _, sources in step.list_inputs:
        yield from (source for source, _ in sources)


def _followers(step: Step) -> Iterable[int]:
    return step.successors


def _topological(graph: Graph) -> list[str]:
    """Ids in topological order, ties as saved."""
    import networkx  # noqa: PLC0415 (a tenth of a second that a start can do without)

    drawn: networkx.DiGraph[str] = networkx.DiGraph()
    drawn.add_nodes_from(node.id for node in graph.nodes)
    drawn.add_edges_from((edge.source, edge.target) for edge in graph.edges)
    saved = {node.id: place for place, node in enumerate(graph.nodes)}
    return list(networkx.lexicographical_topological_sort(drawn, key=saved.__getitem__))
