"""What an earlier attempt of a run left in the journal."""

from dataclasses import dataclass, field
from typing import Any

import msgspec
from sqlalchemy import select

from genai_stack.engine.events import Usage
from genai_stack.engine.plan import Plan
from genai_stack.engine.ports import Passage
from genai_stack.features.runs.tables import Event, NodeOutputRow
from genai_stack.infra.database.database import ReadSession
from genai_stack.infra.database.scope import Scope

_CHECKPOINT_EVENT_TYPES = ("run.started", "node.started", "node.restarted", "node.finished", "sources")


class _CheckpointEvent(msgspec.Struct):
    """The parts of an event that are needed to go on."""

    seq: int
    type: str
    node_id: str | None
    data: dict[str, Any]


@dataclass(slots=True)
class Checkpoint:
    """`done`: outputs by node; `begun`: the first `seq` of nodes that did not end; `told`: passages by node."""

    started: bool = False
    done: dict[str, Any] = field(default_factory=dict[str, Any])
    begun: dict[str, int] = field(default_factory=dict[str, int])
    told: dict[str, list[Passage]] = field(default_factory=dict[str, list[Passage]])
    used: dict[str, Usage] = field(default_factory=dict[str, Usage])


async def read_checkpoint(session: ReadSession, scope: Scope, run_id: str, plan: Plan) -> Checkpoint:
    past = Checkpoint()
    rows = await session.execute(
        select(NodeOutputRow.node_id, NodeOutputRow.outputs).where(
            NodeOutputRow.run_id == run_id, NodeOutputRow.of(scope)
        )
    )
    for node_id, outputs in rows:
        declared = plan.steps[plan.index[node_id]].node_type.Outputs
        past.done[node_id] = msgspec.json.decode(outputs, type=declared)
    bodies = await session.scalars(
        select(Event.body)
        .where(Event.run_id == run_id, Event.of(scope), Event.type.in_(_CHECKPOINT_EVENT_TYPES))
        .order_by(Event.seq)
    )
    for body in bodies:
        _add(past, msgspec.json.decode(body, type=_CheckpointEvent))
    return past


def _add(past: Checkpoint, event: _CheckpointEvent) -> None:
    node_id = event.node_id
    if node_id is None:
        past.started = True
    elif event.type == "node.started":
        past.begun[node_id] = event.seq
    elif event.type == "node.restarted":
        past.told.pop(node_id, None)
    elif event.type == "node.finished":
        past.begun.pop(node_id, None)
        past.used[node_id] = event.data.get("usage") or {}
    else:
        found = msgspec.convert(event.data["passages"], list[Passage])
        past.told.setdefault(node_id, []).extend(found)
