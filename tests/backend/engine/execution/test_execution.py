"""What runs when, what a failure ends, and what an answer is."""

import asyncio
import random
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from genai_stack.engine.events import NodeFailed, NodeFinished, NodeRestarted, NodeSkipped
from genai_stack.engine.execution.frame import Checkpoint
from genai_stack.engine.node import OutputAnswer
from genai_stack.engine.ports import Passage
from tests.support.engine import CATALOG, Found, MemoryLog, Out, Spoken, Stage, execution, performed, plan_of

CHAIN = {"s": "start", "a": "work", "b": "speak", "e": "end"}
CHAIN_EDGES = ["s>a", "a>b", "b>e"]


async def reached(met: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not met():  # noqa: ASYNC110 (nodes tell nobody when they begin)
            await asyncio.sleep(0.001)


async def test_a_chain_runs_in_order_and_answers() -> None:
    outcome, log, stage = await performed(CHAIN, CHAIN_EDGES)
    assert (outcome.status, outcome.answer, outcome.error) == ("succeeded", "?+a+b", None)
    assert stage.ran == ["s", "a", "b", "e"]
    assert [log.told(name) for name in "sa"] == [["node.started", "node.finished"]] * 2
    assert log.told("b") == ["node.started", "answer.delta", "answer.delta", "node.finished"]
    assert outcome.usage == {"total_tokens": 2}


async def test_a_chain_goes_on_in_the_same_task() -> None:
    before = asyncio.all_tasks()
    seen: set[int] = set()

    class Watching(MemoryLog):
        def write(self, node_id: str, data: Any, outputs: object | None = None) -> int:
            seen.update(id(task) for task in asyncio.all_tasks() - before)
            return super().write(node_id, data, outputs)

    nodes = {"s": "start"} | {f"n{i}": "work" for i in range(50)} | {"e": "end"}
    names = list(nodes)
    edges = [f"{a}>{b}" for a, b in pairwise(names)]
    await execution(plan_of(nodes, edges), Watching(), Stage()).run()
    assert len(seen) == 1


async def test_a_node_starts_when_its_inputs_are_there_and_not_by_level() -> None:
    stage = Stage(doors={"slow": asyncio.Event()})
    nodes = {"s": "start", "slow": "speak", "quick": "speak", "after": "speak", "e": "end", "f": "end"}
    running = asyncio.ensure_future(performed(nodes, ["s>slow", "s>quick", "quick>after", "after>e", "slow>f"], stage))
    await reached(lambda: "e" in stage.ran)
    assert "f" not in stage.ran
    stage.doors["slow"].set()
    outcome, _, _ = await running
    assert outcome.status == "succeeded"


async def test_what_is_ready_runs_at_once() -> None:
    stage = Stage(doors={name: asyncio.Event() for name in "abc"})
    running = asyncio.ensure_future(
        performed(
            {"s": "start", "a": "speak", "b": "speak", "c": "speak", "e": "end"}, ["s>a", "s>b", "s>c", "a>e"], stage
        )
    )
    await reached(lambda: stage.at_once == 3)
    for door in stage.doors.values():
        door.set()
    await running


async def test_a_failed_node_ends_the_run_and_what_waits_for_it_is_skipped() -> None:
    nodes = {"s": "start", "bad": "speak fail", "x": "work", "y": "work", "good": "work", "e": "end", "f": "end"}
    outcome, log, stage = await performed(nodes, ["s>bad", "bad>x", "x>y", "s>good", "good>e", "y>f"])
    assert outcome.status == "failed"
    assert outcome.error is not None
    assert (outcome.error.code, outcome.error.node_id) == ("PROVIDER_REFUSED", "bad")
    assert outcome.error.message == "“bad” failed: It was told to fail."
    assert log.told("bad")[-1] == "node.failed"
    assert [log.told(name) for name in "xyf"] == [["node.skipped"]] * 3
    assert log.told("good") == log.told("e") == ["node.started", "node.finished"]
    assert set(stage.ran) == {"s", "bad", "good", "e"}


async def test_independent_nodes_run_to_their_end_after_a_failure() -> None:
    stage = Stage(doors={"good": asyncio.Event()})
    nodes = {"s": "start", "bad": "speak fail", "good": "speak", "e": "end", "f": "end"}
    running = asyncio.ensure_future(performed(nodes, ["s>bad", "s>good", "good>e", "bad>f"], stage))
    await reached(lambda: "bad" in stage.ran and stage.at_once == 1)
    assert not running.done()
    stage.doors["good"].set()
    outcome, log, _ = await running
    assert (outcome.status, outcome.answer) == ("failed", "?+good\n\n?+bad")
    assert log.told("e") == ["node.started", "node.finished"]


async def test_an_unforeseen_error_is_told_without_its_details() -> None:
    outcome, log, _ = await performed({"s": "start", "a": "speak crash", "e": "end"}, ["s>a", "a>e"])
    assert outcome.error is not None
    assert outcome.error.code == "NODE_CRASHED"
    assert "secret" not in outcome.error.message
    failed = next(data for _, data in log.events if isinstance(data, NodeFailed))
    assert failed.error == outcome.error


async def test_two_failures_tell_the_first_and_skip_each_node_once() -> None:
    nodes = {"s": "start", "a": "speak fail", "b": "speak fail", "c": "work", "e": "end"}
    outcome, log, _ = await performed(nodes, ["s>a", "s>b", "a>c", "b>c", "c>e"])
    assert outcome.error is not None
    assert outcome.error.node_id == "a"
    assert log.told("c") == log.told("e") == ["node.skipped"]


async def test_a_cancelled_run_stops_its_nodes_and_keeps_what_was_said() -> None:
    stage, log = Stage(), MemoryLog()
    nodes = {"s": "start", "a": "speak hang", "b": "speak hang", "e": "end", "f": "end"}
    running = execution(plan_of(nodes, ["s>a", "s>b", "a>e", "b>f"]), log, stage)
    task = asyncio.ensure_future(running.run())
    await reached(lambda: stage.at_once == 2)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert sorted(stage.stopped) == ["a", "b"]
    assert (running.outcome().status, running.outcome().answer) == ("cancelled", "?+a\n\n?+b")
    assert not [data for _, data in log.events if isinstance(data, NodeSkipped)], "another worker may go on with them"
    running.write_stopped()
    assert (log.told("a")[-1], log.told("b")[-1]) == ("node.skipped", "node.skipped")
    assert "e" not in stage.ran


async def test_a_node_beyond_its_time_limit_is_stopped() -> None:
    outcome, log, stage = await performed({"s": "start", "a": "work hang", "e": "end"}, ["s>a", "a>e"])
    assert outcome.error is not None
    assert outcome.error.code == "NODE_TOO_SLOW"
    assert "0.5 seconds" in outcome.error.message
    assert stage.stopped == ["a"]
    assert log.told("a")[-1] == "node.failed"


@pytest.mark.parametrize(("times", "status"), [(1, "succeeded"), (2, "succeeded"), (3, "failed")])
async def test_a_node_is_tried_again_where_its_type_says_so(times: int, status: str) -> None:
    stage = Stage(busy={"a": times})
    outcome, log, _ = await performed({"s": "start", "a": "work busy", "e": "end"}, ["s>a", "a>e"], stage)
    assert outcome.status == status
    assert stage.ran.count("a") == min(times + 1, 3)
    restarts = [data for _, data in log.events if isinstance(data, NodeRestarted)]
    assert [data.discard_after for data in restarts] == [log.place("a", "node.started") + 1] * min(times, 2)


async def test_a_node_whose_type_does_not_say_so_is_tried_once() -> None:
    stage = Stage(busy={"a": 1})
    outcome, _, _ = await performed({"s": "start", "a": "speak busy", "e": "end"}, ["s>a", "a>e"], stage)
    assert (outcome.status, stage.ran.count("a")) == ("failed", 1)


async def test_several_queries_get_the_same_text() -> None:
    nodes = {"s": "start", "t": "start", "a": "work", "e": "end"}
    outcome, _, _ = await performed(nodes, ["s>a", "t>a", "a>e"], Stage("why"))
    assert outcome.answer == "why+why+a"


async def test_answers_of_several_outputs_are_joined_in_topological_order() -> None:
    stage = Stage(doors={"a": asyncio.Event()})
    nodes = {"f": "end", "s": "start", "a": "speak", "b": "speak", "e": "end"}
    running = asyncio.ensure_future(performed(nodes, ["s>a", "s>b", "a>e", "b>f"], stage))
    await reached(lambda: "f" in stage.ran)
    stage.doors["a"].set()
    outcome, _, _ = await running
    order = [step.id for step in plan_of(nodes, ["s>a", "s>b", "a>e", "b>f"]).steps]
    answers = {"e": "?+a", "f": "?+b"}
    assert outcome.answer == "\n\n".join(answers[name] for name in order if name in answers)


async def test_documents_reach_an_output_and_are_the_sources() -> None:
    outcome, _, _ = await performed({"s": "start", "k": "find", "e": "end"}, ["s>k", "k>e"])
    assert outcome.answer == "2 passages"
    assert [passage.filename for passage in outcome.sources] == ["a.pdf", "b.txt"]


async def test_only_what_feeds_an_output_answers() -> None:
    _, log, _ = await performed({"s": "start", "a": "speak", "b": "speak", "e": "end"}, ["s>a", "a>b", "b>e"])
    assert "answer.delta" not in log.told("a")
    assert log.told("a").count("thinking") == 2
    assert log.told("b").count("answer.delta") == 2


async def test_a_finished_node_never_runs_again() -> None:
    outputs = {"s": Out("?"), "a": Out("kept")}
    checkpoint = Checkpoint(outputs=outputs, first_seqs={"b": 7}, usage={"a": {"total_tokens": 5}})
    outcome, log, stage = await performed(CHAIN, CHAIN_EDGES, checkpoint=checkpoint)
    assert stage.ran == ["b", "e"]
    assert (outcome.answer, outcome.usage) == ("kept+b", {"total_tokens": 7})
    restarted = log.events[0][1]
    assert isinstance(restarted, NodeRestarted)
    assert restarted.discard_after == 7
    assert log.told("s") == log.told("a") == []


async def test_a_run_that_was_only_not_told_its_end_ends_at_once() -> None:
    outputs = {"s": Out("?"), "a": Out("a"), "b": Spoken("b"), "e": OutputAnswer("whole")}
    passages = {"b": [Passage("d", "f", 1, 0.5, "t")]}
    outcome, log, stage = await performed(CHAIN, CHAIN_EDGES, checkpoint=Checkpoint(outputs=outputs, passages=passages))
    assert (outcome.status, outcome.answer, stage.ran, log.events) == ("succeeded", "whole", [], [])
    assert outcome.sources == passages["b"]


async def test_every_kind_of_output_may_be_restored() -> None:
    outputs = {"s": Out("?"), "k": Found((Passage("d", "f", 1, 0.5, "t"),))}
    nodes = {"s": "start", "k": "find", "e": "end"}
    outcome, _, _ = await performed(nodes, ["s>k", "k>e"], checkpoint=Checkpoint(outputs=outputs))
    assert outcome.answer == "1 passages"


@some.composite
def random_graphs(draw: some.DrawFn) -> tuple[dict[str, str], list[str], set[str]]:
    size = draw(some.integers(1, 14))
    nodes = {"n0": "start"}
    edges: list[str] = []
    for number in range(1, size):
        sources = draw(some.sets(some.integers(0, number - 1), min_size=1, max_size=4))
        nodes[f"n{number}"] = draw(some.sampled_from(["work", "speak", "speak fail"]))
        edges += [f"n{source}>n{number}" for source in sorted(sources)]
    inner = list(nodes)
    for place, source in enumerate(draw(some.sets(some.sampled_from(inner), min_size=1, max_size=3))):
        nodes[f"e{place}"] = "end"
        edges.append(f"{source}>e{place}")
    done = {name for name in inner if "fail" not in nodes[name] and draw(some.booleans())}
    return nodes, edges, done


@given(drawn=random_graphs(), seed=some.integers(0, 2**20))
@settings(max_examples=150, deadline=None)
async def test_in_any_graph_each_node_runs_once_after_what_it_waits_for(
    drawn: tuple[dict[str, str], list[str], set[str]], seed: int
) -> None:
    nodes, edges, kept = drawn
    before = {name: {pair.split(">")[0] for pair in edges if pair.endswith(f">{name}")} for name in nodes}
    done: dict[str, Any] = {}
    for name in nodes:
        if name in kept and before[name] <= done.keys():
            done[name] = Spoken(name) if nodes[name] == "speak" else Out(name)
    shuffled = random.Random(seed).sample(edges, len(edges))
    outcome, log, stage = await performed(nodes, shuffled, checkpoint=Checkpoint(outputs=done))
    ended = set(done)
    for name, data in log.events:
        if data.event == "node.started":
            assert before[name] <= ended, "it started before what it waits for had ended"
        elif isinstance(data, NodeFinished):
            ended.add(name)
    assert len(stage.ran) == len(set(stage.ran))
    assert not set(stage.ran) & set(done)
    failed = {name for name in stage.ran if "fail" in nodes[name]}
    skipped = {name for name, data in log.events if isinstance(data, NodeSkipped)}
    assert ended | failed | skipped == set(nodes)
    assert not (ended & failed or ended & skipped or failed & skipped)
    assert outcome.status == ("failed" if failed else "succeeded")


def test_every_node_type_of_the_stage_is_in_the_catalog() -> None:
    assert {node_type.type for node_type in CATALOG} == {"start", "work", "speak", "find", "end"}
