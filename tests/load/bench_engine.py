"""What the engine adds: CPU per node over the floor in the same run, and wall time over the ideal."""

import asyncio
import statistics
import time
from dataclasses import dataclass

from genai_stack.engine.catalog import Catalog
from genai_stack.engine.events import Data
from genai_stack.engine.execution.execution import Execution
from genai_stack.engine.graph import Graph
from genai_stack.engine.node import NodeConfig, NodeType, NoPorts
from genai_stack.engine.plan import Plan
from genai_stack.engine.ports import Text
from tests.load import floor
from tests.load.table import Table


class Config(NodeConfig):
    pause: float = 0.0


@dataclass(frozen=True, slots=True)
class Some:
    value: tuple[Text, ...] = ()


@dataclass(frozen=True, slots=True)
class One:
    value: Text


class Start(NodeType[Config, NoPorts, One, None]):
    """The first node."""

    type, title, category, icon, role = "start", "Start", "Bench", "x", "entry"

    async def run(self, config: Config, inputs: NoPorts, tools: None) -> One:
        return One(0)  # type: ignore[arg-type]


class Trivial(NodeType[Config, Some, One, None]):
    """The floor's own work: the greatest input, and one more."""

    type, title, category, icon = "trivial", "Trivial", "Bench", "x"

    async def run(self, config: Config, inputs: Some, tools: None) -> One:
        return One(await floor.trivial(*inputs.value))  # type: ignore[arg-type]


class Pause(NodeType[Config, Some, One, None]):
    """Takes a time of its own."""

    type, title, category, icon = "pause", "Pause", "Bench", "x"

    async def run(self, config: Config, inputs: Some, tools: None) -> One:
        await asyncio.sleep(config.pause)
        return One("")


CATALOG = object.__new__(Catalog)
CATALOG._types = {kind.type: kind() for kind in (Start, Trivial, Pause)}  # the forms of these are never drawn


class MemoryLog:
    """Numbers events and keeps them."""

    def __init__(self) -> None:
        self.events: list[tuple[int, str | None, Data]] = []

    def write(self, node_id: str | None, data: Data, outputs: object | None = None) -> int:
        seq = len(self.events) + 1
        self.events.append((seq, node_id, data))
        return seq

    def append_text(self, node_id: str, kind: str, text: str) -> None:
        raise AssertionError("nobody speaks here")

    def crashed(self, node_id: str, error: Exception) -> None:
        raise AssertionError("nothing fails here") from error

    async def settled(self) -> None:
        return


def plan_of(preds: list[list[int]], kinds: list[str] | None = None, pauses: list[float] | None = None) -> Plan:
    nodes = [
        {"id": f"node-{i}", "type": kinds[i] if kinds else "trivial" if came else "start",
         "data": {"config": {"pause": pauses[i] if pauses else 0.0}}}
        for i, came in enumerate(preds)
    ]  # fmt: skip
    edges = [
        {
            "id": f"{a}-{b}",
            "source": f"node-{a}",
            "sourceHandle": "value",
            "target": f"node-{b}",
            "targetHandle": "value",
        }
        for b, came in enumerate(preds)
        for a in came
    ]
    return Plan(Graph.model_validate({"nodes": nodes, "edges": edges}), CATALOG)


async def run_once(plan: Plan) -> MemoryLog:
    log = MemoryLog()
    outcome = await Execution(plan, log, lambda output, step: None).run()
    assert outcome.status == "succeeded", outcome.error
    return log


async def cpu_us_per_node(preds: list[list[int]], times: int = 7, least: int = 20_000) -> float:
    plan, measured = plan_of(preds), []
    runs = max(1, least // len(preds))
    log = await run_once(plan)
    assert len(log.events) == 2 * len(preds)
    for _ in range(times):
        began = time.process_time()
        for _ in range(runs):
            await run_once(plan)
        measured.append((time.process_time() - began) / runs / len(preds) * 1e6)
    return statistics.median(measured)


async def wall_over_ideal() -> float:
    """Two chains of 10 nodes each, whose nodes take 10 and 100 ms in turn, the one beginning where the other does not."""
    length = 10
    preds = [[]] + [[i - 1] for i in range(1, length)] + [[]] + [[i - 1] for i in range(length + 1, 2 * length)]
    pauses = [0.01 if i % 2 else 0.1 for i in range(length)] + [0.1 if i % 2 else 0.01 for i in range(length)]
    plan = plan_of(preds, ["pause"] * len(preds), pauses)
    ideal, measured = sum(pauses[:length]), []
    for _ in range(5):
        began = time.perf_counter()
        await run_once(plan)
        measured.append((time.perf_counter() - began) / ideal)
    return statistics.median(measured)


async def main() -> None:
    table = Table("Engine, events kept in memory", "floor µs/node", "engine µs/node", "ratio", "reach")
    for name, preds in (("chain of 100", floor.chain(100)), ("200 nodes, 600 edges", floor.random_dag())):
        least = await floor.cpu_us_per_node(preds)
        ours = await cpu_us_per_node(preds)
        table.row(name, f"{least:.2f}", f"{ours:.2f}", f"{ours / least:.2f}×", "≤ 3×")
    table.row("two chains of 10/100 ms nodes, wall over ideal", "1", "", f"{await wall_over_ideal():.3f}", "≤ 1.02")
    table.print()


if __name__ == "__main__":
    asyncio.run(main())
