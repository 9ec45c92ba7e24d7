"""The checkpoint: finished nodes with what they gave, started ones with their first number, and nothing else."""

from typing import Any

import pytest
from sqlalchemy import insert

from genai_stack.engine.events import (
    Data,
    NodeFinished,
    NodeRestarted,
    NodeStarted,
    PlannedNode,
    Preview,
    RunStarted,
    Sources,
)  # fmt: skip
from genai_stack.engine.execution.frame import Checkpoint
from genai_stack.engine.ports import Passage
from genai_stack.features.runs import store as runs
from genai_stack.features.runs.event_encoding import event_body
from genai_stack.features.runs.journal.checkpoint import read_checkpoint
from genai_stack.features.runs.tables import Event, NodeOutputRow
from genai_stack.infra.database.database import Database
from genai_stack.infra.database.scope import THE_WORKSPACE, Scope
from tests.fakes import old_runs
from tests.support.engine import Found, Out, plan_of

OURS = THE_WORKSPACE.workspace_id
PLAN = plan_of({"s": "start", "k": "find", "e": "end"}, ["s>k", "k>e"])
PASSAGE = Passage("d", "a.md", 1, 0.5, "Bees.")
BEGIN = (None, RunStarted("w", 1, [PlannedNode("s", "S", "start")]))


def finished(usage: dict[str, int] | None = None) -> NodeFinished:
    return NodeFinished("N", "t", 1.0, Preview({}), Preview({}), usage)


async def left(
    database: Database, events: list[tuple[str | None, Data]], outputs: dict[str, str], scope: Scope = THE_WORKSPACE
) -> Checkpoint:
    """The checkpoint of a run that left these events and outputs."""
    new = runs.NewRun(await old_runs.workflow(database), 1, "Hi")
    run_id = await database.run_write(lambda tx: runs.add(tx, THE_WORKSPACE, new))
    rows: list[dict[str, Any]] = [
        {"run_id": run_id, "seq": seq, "workspace_id": OURS, "type": data.event,
         "body": event_body(run_id, seq, node_id, 0.0, data)}
        for seq, (node_id, data) in enumerate(events, 1)
    ]  # fmt: skip
    kept = [
        {"run_id": run_id, "node_id": name, "workspace_id": OURS, "outputs": text} for name, text in outputs.items()
    ]
    async with database.write() as session:
        for table, values in ((Event, rows), (NodeOutputRow, kept)):
            if values:
                await session.execute(insert(table), values)
    async with database.read() as session:
        return await read_checkpoint(session, scope, run_id, PLAN)


async def test_a_run_that_was_not_started_has_an_empty_checkpoint(database: Database) -> None:
    assert await left(database, [], {}) == Checkpoint()


async def test_finished_nodes_have_outputs_passages_and_usage(database: Database) -> None:
    events = [
        BEGIN, ("s", NodeStarted("S", "start")), ("s", finished()), ("k", NodeStarted("K", "find")),
        ("k", Sources([PASSAGE])), ("k", finished({"total_tokens": 3})),
    ]  # fmt: skip
    found = '{"text":[{"document_id":"d","filename":"a.md","page":1,"score":0.5,"text":"Bees."}]}'
    checkpoint = await left(database, events, {"s": '{"text":"Hi"}', "k": found})
    assert checkpoint.started
    assert checkpoint.outputs == {"s": Out("Hi"), "k": Found((PASSAGE,))}  # type: ignore[arg-type]
    assert checkpoint.passages == {"k": [PASSAGE]}
    assert checkpoint.usage == {"s": {}, "k": {"total_tokens": 3}}
    assert checkpoint.first_seqs == {}


@pytest.mark.parametrize("restarted", [False, True])
async def test_a_started_node_keeps_its_first_number_and_no_passages(database: Database, *, restarted: bool) -> None:
    events: list[tuple[str | None, Data]] = [BEGIN, ("k", NodeStarted("K", "find")), ("k", Sources([PASSAGE]))]
    if restarted:
        events += [("k", NodeRestarted("K", "find", 2)), ("k", Sources([PASSAGE]))]
    checkpoint = await left(database, events, {})
    assert (checkpoint.first_seqs, checkpoint.passages, checkpoint.outputs) == ({"k": 2}, {}, {})


async def test_another_workspace_sees_nothing(database: Database) -> None:
    other = Scope("00000000-0000-4000-8000-00000000000f")
    assert await left(database, [BEGIN, ("s", finished())], {"s": '{"text":"Hi"}'}, other) == Checkpoint()
