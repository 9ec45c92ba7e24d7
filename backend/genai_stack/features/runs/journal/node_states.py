"""How the nodes of a run stand, told from its events."""

from typing import Any

import msgspec
from sqlalchemy import bindparam, select

from genai_stack.features.runs.tables import Event
from genai_stack.infra.database.database import Transaction
from genai_stack.infra.database.scope import Scope

_STATUS_BY_EVENT = {"node.finished": "succeeded", "node.failed": "failed", "node.skipped": "skipped"}
_NODE_EVENT_TYPES = ("run.started", "node.started", "node.restarted", *_STATUS_BY_EVENT)
_bodies = (
    select(Event.body)
    .where(
        Event.run_id == bindparam("run"),
        Event.workspace_id == bindparam("workspace"),
        Event.type.in_(_NODE_EVENT_TYPES),
    )
    .order_by(Event.seq)
)


class NodeReport(msgspec.Struct):
    """`status` is `waiting`, `running`, `succeeded`, `failed` or `skipped`; previews are by port."""

    id: str
    label: str
    type: str
    status: str = "waiting"
    started_at: str | None = None
    duration_ms: float | None = None
    inputs: dict[str, Any] | None = None
    outputs: dict[str, Any] | None = None
    usage: dict[str, int] | None = None
    error: dict[str, Any] | None = None


class _NodeEvent(msgspec.Struct):
    type: str
    node_id: str | None
    at: str
    data: dict[str, Any]


def nodes_of(transaction: Transaction, scope: Scope, run_id: str) -> list[NodeReport]:
    """In topological order; empty before the run has started."""
    bodies = transaction.execute(_bodies, {"run": run_id, "workspace": scope.workspace_id}).scalars()
    nodes: dict[str, NodeReport] = {}
    for body in bodies:
        event = msgspec.json.decode(body, type=_NodeEvent)
        if event.node_id is None:
            nodes = {node["id"]: NodeReport(**node) for node in event.data["plan"]}
        else:
            _apply(nodes[event.node_id], event)
    return list(nodes.values())


def _apply(node: NodeReport, event: _NodeEvent) -> None:
    if event.type in _STATUS_BY_EVENT:
        node.status = _STATUS_BY_EVENT[event.type]
        for name in ("duration_ms", "inputs", "outputs", "usage", "error"):
            setattr(node, name, event.data.get(name))
    else:
        node.status, node.started_at = "running", event.at
