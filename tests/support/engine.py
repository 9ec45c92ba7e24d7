"""Node types that do as they are told, and a log in memory: the engine without anything around it."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from genai_stack.engine.catalog import Catalog
from genai_stack.engine.events import AnswerDelta, Data, Thinking
from genai_stack.engine.execution.execution import Execution
from genai_stack.engine.execution.frame import Checkpoint
from genai_stack.engine.execution.outcome import Outcome
from genai_stack.engine.forms import form_field
from genai_stack.engine.graph import Graph
from genai_stack.engine.node import NodeConfig, NodeOutput, NodeType, NoPorts, OutputAnswer
from genai_stack.engine.plan import Plan, Step
from genai_stack.engine.ports import Documents, Passage, StreamedText, Text
from genai_stack.errors import ProviderBusy, ProviderRefused
from tests.support import graphs
from tests.support.graphs import Json


class Config(NodeConfig):
    does: str = form_field("", "text", title="Does", help="wait, fail, crash, busy, hang, find: in this order.")


@dataclass
class Stage:
    """What the nodes of a run share: `doors` are waited for, `ran` is the order in which they ran."""

    question: str = "?"
    ran: list[str] = field(default_factory=list[str])
    stopped: list[str] = field(default_factory=list[str])
    at_once: int = 0
    most_at_once: int = 0
    doors: dict[str, asyncio.Event] = field(default_factory=dict[str, asyncio.Event])
    busy: dict[str, int] = field(default_factory=dict[str, int])
    """How often each node of `does: busy` fails before it succeeds."""


@dataclass(frozen=True)
class Tools:
    stage: Stage
    output: NodeOutput
    name: str


@dataclass(frozen=True, slots=True)
class Out:
    text: Text


@dataclass(frozen=True, slots=True)
class Spoken:
    text: StreamedText


@dataclass(frozen=True, slots=True)
class Found:
    text: Documents


@dataclass(frozen=True, slots=True)
class Many:
    text: tuple[Text, ...] = ()


@dataclass(frozen=True, slots=True)
class Last:
    text: Text | Documents


class Start(NodeType[Config, NoPorts, Out, Tools]):
    """Begins."""

    type, title, category, icon, role = "start", "Start", "Tests", "x", "entry"

    async def run(self, config: Config, inputs: NoPorts, tools: Tools) -> Out:
        return Out(await act(config, tools, tools.stage.question))


class Work(NodeType[Config, Many, Out, Tools]):
    """Works."""

    type, title, category, icon, attempts, time_limit = "work", "Work", "Tests", "x", 3, 0.5

    async def run(self, config: Config, inputs: Many, tools: Tools) -> Out:
        return Out(await act(config, tools, "+".join([*inputs.text, tools.name])))


class Speak(NodeType[Config, Many, Spoken, Tools]):
    """Says what it works, word by word."""

    type, title, category, icon = "speak", "Speak", "Tests", "x"

    async def run(self, config: Config, inputs: Many, tools: Tools) -> Spoken:
        text = "+".join([*inputs.text, tools.name])
        for piece in (text[:2], text[2:]):
            tools.output.answer(piece)
            await asyncio.sleep(0)
        tools.output.usage({"total_tokens": 2})
        return Spoken(await act(config, tools, text))


class Find(NodeType[Config, Many, Found, Tools]):
    """Finds two passages."""

    type, title, category, icon = "find", "Find", "Tests", "x"

    async def run(self, config: Config, inputs: Many, tools: Tools) -> Found:
        passages = (Passage("d", "a.pdf", 3, 0.9, tools.name), Passage("d", "b.txt", None, 0.8, "second"))
        tools.output.sources(passages)
        await act(config, tools, "")
        return Found(passages)


class End(NodeType[Config, Last, OutputAnswer, Tools]):
    """Ends."""

    type, title, category, icon, role = "end", "End", "Tests", "x", "exit"

    async def run(self, config: Config, inputs: Last, tools: Tools) -> OutputAnswer:
        text = inputs.text if isinstance(inputs.text, str) else f"{len(inputs.text)} passages"
        return OutputAnswer(await act(config, tools, text))


async def act(config: Config, tools: Tools, text: str) -> str:
    stage, name = tools.stage, tools.name
    stage.ran.append(name)
    stage.at_once += 1
    stage.most_at_once = max(stage.most_at_once, stage.at_once)
    try:
        if name in stage.doors:
            await stage.doors[name].wait()
        if "fail" in config.does:
            raise ProviderRefused("It was told to fail.")
        if "crash" in config.does:
            raise ValueError("a secret detail")
        if "busy" in config.does and stage.busy[name] > 0:
            stage.busy[name] -= 1
            raise ProviderBusy("It is busy.")
        if "hang" in config.does:
            await asyncio.Event().wait()
    except asyncio.CancelledError:
        stage.stopped.append(name)
        raise
    finally:
        stage.at_once -= 1
    return text


CATALOG = Catalog([Start, Work, Speak, Find, End])


class MemoryLog:
    """Events in the order in which they were written; what is said is an event each."""

    def __init__(self) -> None:
        self.events: list[tuple[str, Data]] = []
        self.outputs: dict[str, Any] = {}
        self.crashes: list[tuple[str, Exception]] = []

    def write(self, node_id: str, data: Data, outputs: object | None = None) -> int:
        self.events.append((node_id, data))
        if outputs is not None:
            self.outputs[node_id] = outputs
        return len(self.events)

    def append_text(self, node_id: str, kind: Literal["answer", "reasoning"], text: str) -> None:
        self.write(node_id, AnswerDelta(text) if kind == "answer" else Thinking(text, "reasoning"))

    def crashed(self, node_id: str, error: Exception) -> None:
        self.crashes.append((node_id, error))

    async def settled(self) -> None:
        return

    def told(self, node_id: str) -> list[str]:
        return [data.event for name, data in self.events if name == node_id]

    def place(self, node_id: str, event: str) -> int:
        return next(place for place, (name, data) in enumerate(self.events) if (name, data.event) == (node_id, event))


def drawn(nodes: Mapping[str, str], edges: Sequence[str]) -> Json:
    """Nodes by their type, with what they do after a blank; edges as `a>b`."""
    parts = [kind.split(" ", 1) for kind in nodes.values()]
    return graphs.graph(
        [graphs.node(name, kind, does=" ".join(does)) for name, (kind, *does) in zip(nodes, parts, strict=True)],
        [graphs.edge(edge[0], "text", edge[1], "text") for edge in (pair.split(">") for pair in edges)],
    )


def plan_of(nodes: Mapping[str, str], edges: Sequence[str]) -> Plan:
    return Plan(Graph.model_validate(drawn(nodes, edges)), CATALOG)


def execution(plan: Plan, log: MemoryLog, stage: Stage, checkpoint: Checkpoint | None = None) -> Execution[Tools]:
    def tools(output: NodeOutput, step: Step) -> Tools:
        return Tools(stage, output, step.id)

    return Execution(plan, log, tools, checkpoint, first_retry_seconds=0.001)


async def performed(
    nodes: Mapping[str, str], edges: Sequence[str], stage: Stage | None = None, checkpoint: Checkpoint | None = None
) -> tuple[Outcome, MemoryLog, Stage]:
    log, chosen = MemoryLog(), stage or Stage()
    outcome = await execution(plan_of(nodes, edges), log, chosen, checkpoint).run()
    return outcome, log, chosen
