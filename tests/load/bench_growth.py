"""Lists as a workspace grows: the time of a page among many, over that among a hundred."""

import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import uvloop
from sqlalchemy import insert

from genai_stack.app import schema
from genai_stack.features.conversations import store as conversations
from genai_stack.features.conversations.tables import ChatSession, MessageRow
from genai_stack.features.runs import store as runs
from genai_stack.features.runs.tables import Run
from genai_stack.features.workflows import search as workflows
from genai_stack.features.workflows.tables import Workflow
from genai_stack.features.workspaces.tables import Workspace
from genai_stack.infra.database.columns import new_id, now
from genai_stack.infra.database.database import Database, ReadSession
from genai_stack.infra.database.scope import THE_WORKSPACE
from tests.load.rig import fresh_folder
from tests.load.table import Table
from tests.support import graphs

FEW, STACKS, RUNS, MESSAGES = 100, 10_000, 100_000, 10_000
PAGE, ROUNDS = 24, 25
Listing = Callable[[ReadSession, int], Awaitable[object]]


async def made(database: Database, stacks: int, run_count: int, messages: int) -> dict[str, Listing]:
    """A workspace with so many of each; how to list them, from a place on."""
    scope, start = THE_WORKSPACE, now()
    owned = {"workspace_id": scope.workspace_id}
    names = [new_id() for _ in range(stacks)]
    session_id = new_id()
    async with database.write() as session:
        session.add(Workspace(id=scope.workspace_id, name="Workspace"))
        await session.flush()
        rows: list[dict[str, Any]] = [
            {"id": name, **owned, "name": f"Stack {at}", "description": "", "configuration": graphs.echo(), "version": 1,
             "created_at": start + timedelta(seconds=at), "updated_at": start + timedelta(seconds=at)}
            for at, name in enumerate(names)
        ]  # fmt: skip
        await session.execute(insert(Workflow), rows)
        session.add(ChatSession(id=session_id, **owned, workflow_id=names[0], title="Long"))
        await session.flush()
        rows = [
            {"id": new_id(), **owned, "workflow_id": names[0], "version": 1, "query": "?", "status": "succeeded",
             "created_at": start + timedelta(seconds=at), "answer": "Yes. " * 50}
            for at in range(run_count)
        ]  # fmt: skip
        for first in range(0, run_count, 5_000):
            await session.execute(insert(Run), rows[first : first + 5_000])
        rows = [
            {"id": new_id(), **owned, "session_id": session_id, "position": at, "content": "Words. " * 20,
             "role": "assistant" if at % 2 else "user", "meta": {}, "created_at": start}
            for at in range(messages)
        ]  # fmt: skip
        await session.execute(insert(MessageRow), rows)
    return {
        "stacks": lambda read, skip: workflows.search(read, scope, "", skip, PAGE),
        "stacks named “stack 7”": lambda read, skip: workflows.search(read, scope, "stack 7", min(skip, PAGE), PAGE),
        "runs of a stack": lambda read, skip: runs.of_workflow(read, scope, names[0], skip, PAGE),
        "messages": lambda read, skip: conversations.messages(read, scope, session_id, skip, PAGE),
    }


async def milliseconds(database: Database, listing: Listing, skip: int) -> float:
    """The least of several: what the machine does besides only adds to it."""
    best = float("inf")
    for _ in range(ROUNDS):
        async with database.read() as session:
            began = time.perf_counter()
            await listing(session, skip)
            best = min(best, time.perf_counter() - began)
    return best * 1000


async def main() -> None:
    table = Table(
        f"Lists among {STACKS:,} stacks, {RUNS:,} runs, {MESSAGES:,} messages, over those among {FEW} (SQLite)",
        "among few", "first page", "last page", "reach",
    )  # fmt: skip
    many = {"stacks": STACKS, "stacks named “stack 7”": STACKS, "runs of a stack": RUNS, "messages": MESSAGES}
    async with fresh_folder() as few_folder, fresh_folder() as many_folder:
        few_folder.mkdir()
        many_folder.mkdir()
        small, large = Database.in_folder(few_folder), Database.in_folder(many_folder)
        for database in (small, large):
            await schema.migrate(database)
        few_lists = await made(small, FEW, FEW, FEW)
        many_lists = await made(large, STACKS, RUNS, MESSAGES)
        for name, count in many.items():
            base = await milliseconds(small, few_lists[name], 0)
            first = await milliseconds(large, many_lists[name], 0)
            last = await milliseconds(large, many_lists[name], count - PAGE)
            cells = (f"{base:.2f} ms", f"{first:.2f} ms · {first / base:.2f}×", f"{last:.2f} ms · {last / base:.2f}×")
            table.row(name, *cells, "≤ 1.5×")
        await small.close()
        await large.close()
    table.print()


if __name__ == "__main__":
    uvloop.run(main())
