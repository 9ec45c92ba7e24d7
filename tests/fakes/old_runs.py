"""Runs put straight into SQL, ended, as the journal leaves them; and time, set back."""

from datetime import datetime, timedelta

from sqlalchemy import insert, update

from genai_stack.engine.events import (
    Answer,
    AnswerDelta,
    Data,
    NodeFinished,
    NodeStarted,
    PlannedNode,
    Preview,
    RunFinished,
    RunStarted,
    Thinking,
)
from genai_stack.features.runs.event_encoding import event_body
from genai_stack.features.runs.tables import Event, NodeOutputRow, Run
from genai_stack.features.workflows import store
from genai_stack.features.workflows.tables import WorkflowVersion
from genai_stack.infra.database.columns import new_id, now
from genai_stack.infra.database.database import Database
from genai_stack.infra.database.scope import THE_WORKSPACE

LONG_AGO = timedelta(days=40)
OURS = THE_WORKSPACE.workspace_id
# What a model may say, and what only looks like the mark of a thought.
SAID = ("Hello ", '"kind":"reasoning"', 'naïve \u2028 \\"kind\\":\\"reasoning\\"')


async def workflow(database: Database) -> str:
    async with database.write() as session:
        return (await store.add(session, THE_WORKSPACE, "Old", "", {"nodes": [], "edges": []})).id


async def save_again(database: Database, workflow_id: str, number: int) -> None:
    """A version that was saved long ago, and that no run used."""
    async with database.write() as session:
        configuration: dict[str, object] = {"nodes": [], "edges": [], "number": number}
        await store.replace(session, THE_WORKSPACE, workflow_id, "Old", "", configuration, None)
        old = WorkflowVersion.workflow_id == workflow_id
        moment = (now() - LONG_AGO).replace(minute=5, second=number)
        await session.execute(update(WorkflowVersion).where(old).values(created_at=moment))


async def ended(database: Database, workflow_id: str, pieces: int = 3, ago: timedelta = LONG_AGO) -> str:
    """A run of one node that told `pieces` thoughts, said `pieces` pieces and ended `ago`; its id."""
    run_id, moment = new_id(), now() - ago
    told = story(workflow_id, pieces)
    row = {"id": run_id, "workspace_id": OURS, "workflow_id": workflow_id, "version": 1, "query": "Hi"}
    times = {"created_at": moment, "started_at": moment, "finished_at": moment}
    events = [
        {
            "run_id": run_id,
            "seq": number,
            "workspace_id": OURS,
            "type": data.event,
            "body": event_body(run_id, number, node_id, moment.timestamp(), data),
        }
        for number, (node_id, data) in enumerate(told, start=1)
    ]
    output = {"run_id": run_id, "node_id": "n", "workspace_id": OURS, "outputs": "{}"}
    async with database.write() as session:
        await session.execute(insert(Run), [{**row, **times, "status": "succeeded", "answer": "".join(said(pieces))}])
        await session.execute(insert(Event), events)
        await session.execute(insert(NodeOutputRow), [output])  # as older versions left it
    return run_id


def said(pieces: int) -> list[str]:
    return [SAID[number % len(SAID)] for number in range(pieces)]


def story(workflow_id: str, pieces: int) -> list[tuple[str | None, Data]]:
    return [
        (None, RunStarted(workflow_id, 1, [PlannedNode("n", "Node", "llm")])),
        ("n", NodeStarted("Node", "llm")),
        ("n", Thinking('Searching "kind":"reasoning"', "status")),
        *(("n", Thinking(text, "reasoning")) for text in said(pieces)),
        *(("n", AnswerDelta(text)) for text in said(pieces)),
        ("n", NodeFinished("Node", "llm", 1.0, Preview({}), Preview({}), {})),
        (None, Answer("".join(said(pieces)), [], {}, complete=True)),
        (None, RunFinished("succeeded", None, 1.0, {})),
    ]


async def set_back(database: Database, run_id: str, ago: timedelta = LONG_AGO) -> datetime:
    """As if the run had ended so long ago."""
    moment = now() - ago
    async with database.write() as session:
        await session.execute(update(Run).where(Run.id == run_id).values(finished_at=moment))
    return moment
