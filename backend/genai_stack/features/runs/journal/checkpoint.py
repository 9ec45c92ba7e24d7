"""The checkpoint of a run: what earlier attempts left in the journal."""

from typing import Any

import msgspec
from sqlalchemy import select

from genai_stack.engine.execution.frame import Checkpoint
from genai_stack.engine.plan import Plan
from genai_stack.engine.ports import Passage
from genai_stack.features.runs.tables import Event, NodeOutputRow
from genai_stack.infra.database.database import ReadSession
from genai_stack.infra.database.scope import Scope

_CHECKPOINT_EVENT_TYPES = ("run.started", "node.started", "node.restarted", "node.finished", "sources")


class _CheckpointEvent(msgspec.Struct):
    """The parts of an event that a checkpoint is made of."""

    seq: int
    type: str
    node_id: str | None
    data: dict[str, Any]


async def read_checkpoint(session: ReadSession, scope: Scope, run_id: str, plan: Plan) -> Checkpoint:
    checkpoint = Checkpoint()
    rows = await session.execute(
        select(NodeOutputRow.node_id, NodeOutputRow.outputs).where(
            NodeOutputRow.run_id == run_id, NodeOutputRow.of(scope)
        )
    )
    for node_id, outputs in rows:
        declared = plan.steps[plan.index[node_id]].node_type.Outputs
        checkpoint.outputs[node_id] = msgspec.json.decode(outputs, type=declared)
    bodies = await session.scalars(
        select(Event.body)
        .where(Event.run_id == run_id, Event.of(scope), Event.type.in_(_CHECKPOINT_EVENT_TYPES))
        .order_by(Event.seq)
    )
    for body in bodies:
        _add(checkpoint, msgspec.json.decode(body, type=_CheckpointEvent))
    for node_id in checkpoint.passages.keys() - checkpoint.outputs.keys():
        del checkpoint.passages[node_id]  # it runs again, and finds them again
    return checkpoint


def _add(checkpoint: Checkpoint, event: _CheckpointEvent) -> None:
    node_id = event.node_id
    if node_id is None:
        checkpoint.started = True
    elif event.type == "node.started":
        checkpoint.first_seqs[node_id] = event.seq
    elif event.type == "node.restarted":
        checkpoint.passages.pop(node_id, None)
    elif event.type == "node.finished":
        checkpoint.first_seqs.pop(node_id, None)
        checkpoint.usage[node_id] = event.data.get("usage") or {}
    else:
        found = msgspec.convert(event.data["passages"], list[Passage])
        checkpoint.passages.setdefault(node_id, []).extend(found)
