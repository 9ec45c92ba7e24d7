"""Lists as a workspace grows: the CPU time of a page among many, over that among a hundred.

CPU time, as SQLite answers where it is asked, and other load changes it least.
"""

import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import uvloop
from sqlalchemy import insert

from genai_stack import nodes
from genai_stack.app import schema
from genai_stack.engine.catalog import Catalog
from genai_stack.features.conversations import store as conversations
from genai_stack.features.conversations.tables import ChatSession, MessageRow
from genai_stack.features.knowledge import documents
from genai_stack.features.knowledge.tables import KnowledgeBase, PassageRow
from genai_stack.features.runs import store as runs
from genai_stack.features.runs.tables import Run
from genai_stack.features.workflows import store as workflows
from genai_stack.features.workflows import tags, validation
from genai_stack.features.workflows.search import search
from genai_stack.features.workflows.summarizing import summarize_all
from genai_stack.features.workflows.tables import Workflow, WorkflowTag
from genai_stack.features.workspaces.tables import Workspace
from genai_stack.infra.database.columns import new_id, now
from genai_stack.infra.database.database import Database, ReadSession, WriteSession
from genai_stack.infra.database.scope import THE_WORKSPACE
from tests.load.rig import fresh_folder
from tests.load.table import Table
from tests.support import graphs
from tests.support import rows as rows_of

FEW, STACKS, RUNS, MESSAGES, PASSAGES = 100, 10_000, 100_000, 10_000, 100_000
PASSAGES_PER_DOCUMENT, RARE = 20, 7
PAGE, ROUNDS = 24, 40
CATALOG = Catalog.of(nodes)
Listing = Callable[[ReadSession, int], Awaitable[object]]


def stack_page(words: str = "", tag: str = "") -> Listing:
    """A page of stacks, as the route reads it."""

    async def page(session: ReadSession, skip: int) -> None:
        found, _ = await search(session, THE_WORKSPACE, words, skip, PAGE, tag=tag)
        await validation.summaries(session, THE_WORKSPACE, CATALOG, found)
        ids = [workflow.id for workflow in found]
        await workflows.own_knowledge_bases(session, THE_WORKSPACE, ids)
        await tags.of(session, THE_WORKSPACE, ids)

    return page


async def made(database: Database, stacks: int, run_count: int, messages: int, passages: int) -> dict[str, Listing]:
    """A workspace with so many of each; how to list them, from a place on."""
    scope, start = THE_WORKSPACE, now()
    owned = {"workspace_id": scope.workspace_id}
    names = [new_id() for _ in range(stacks)]
    session_id, base = new_id(), rows_of.knowledge_base()
    async with database.write() as session:
        session.add(Workspace(id=scope.workspace_id, name="Workspace"))
        await session.flush()
        rows: list[dict[str, Any]] = [
            {"id": name, **owned, "name": f"Stack {at}", "description": "", "configuration": graphs.echo(), "version": 1,
             "created_at": start + timedelta(seconds=at), "updated_at": start + timedelta(seconds=at)}
            for at, name in enumerate(names)
        ]  # fmt: skip
        await session.execute(insert(Workflow), rows)
        rows = [{**owned, "workflow_id": name, "tag": "all"} for name in names]
        rows += [{**owned, "workflow_id": name, "tag": "rare"} for name in names[:RARE]]
        await session.execute(insert(WorkflowTag), rows)
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
        await add_passages(session, base, passages)
    await summarize_all(database, CATALOG)
    return {
        "stacks": stack_page(),
        "stacks with a tag of all": stack_page(tag="all"),
        "stacks with a rare tag": stack_page(tag="rare"),
        "stacks named “stack 7”": stack_page("stack 7"),
        "stacks named “stack 77”": stack_page("stack 77"),
        "runs of a stack": lambda read, skip: runs.of_workflow(read, scope, names[0], skip, PAGE),
        "messages": lambda read, skip: conversations.messages(read, scope, session_id, skip, PAGE),
        "documents": lambda read, skip: documents.listed(read, scope, base.id, skip, PAGE),
    }


async def add_passages(session: WriteSession, base: KnowledgeBase, passages: int) -> None:
    session.add(base)
    await session.flush()
    for _ in range(passages // PASSAGES_PER_DOCUMENT):
        document = rows_of.document(base)
        session.add(document)
        await session.flush()
        keys = {"workspace_id": base.workspace_id, "knowledge_base_id": base.id, "document_id": document.id}
        rows: list[dict[str, Any]] = [
            {**keys, "id": new_id(), "position": at, "text": "Words. " * 100, "text_hash": b""}
            for at in range(PASSAGES_PER_DOCUMENT)
        ]
        await session.execute(insert(PassageRow), rows)


async def milliseconds(pages: list[tuple[Database, Listing, int]]) -> list[float]:
    """The least of several for each, in turns: what the machine does besides only adds to it."""
    best = [float("inf")] * len(pages)
    for _ in range(ROUNDS):
        for place, (database, listing, skip) in enumerate(pages):
            async with database.read() as session:
                began = time.process_time()
                await listing(session, skip)
                best[place] = min(best[place], time.process_time() - began)
    return [seconds * 1000 for seconds in best]


async def main() -> None:
    table = Table(
        f"Lists among {STACKS:,} stacks, {RUNS:,} runs, {MESSAGES:,} messages, {PASSAGES:,} passages, over those among {FEW}"
        " (SQLite, CPU time)",
        "among few", "first page", "last page", "reach",
    )  # fmt: skip
    many = {
        "stacks": STACKS,
        "stacks with a tag of all": STACKS,
        "stacks with a rare tag": RARE,
        "stacks named “stack 7”": sum("stack 7" in f"stack {at}" for at in range(STACKS)),
        "stacks named “stack 77”": sum("stack 77" in f"stack {at}" for at in range(STACKS)),
        "runs of a stack": RUNS,
        "messages": MESSAGES,
        "documents": PASSAGES // PASSAGES_PER_DOCUMENT,
    }
    async with fresh_folder() as few_folder, fresh_folder() as many_folder:
        few_folder.mkdir()
        many_folder.mkdir()
        small, large = Database.in_folder(few_folder), Database.in_folder(many_folder)
        for database in (small, large):
            await schema.migrate(database)
        few_lists = await made(small, FEW, FEW, FEW, FEW * PASSAGES_PER_DOCUMENT)
        many_lists = await made(large, STACKS, RUNS, MESSAGES, PASSAGES)
        for name, count in many.items():
            last_page = (large, many_lists[name], max(0, count - PAGE))
            base, first, last = await milliseconds(
                [(small, few_lists[name], 0), (large, many_lists[name], 0), last_page]
            )
            cells = (f"{base:.2f} ms", f"{first:.2f} ms · {first / base:.2f}×", f"{last:.2f} ms · {last / base:.2f}×")
            table.row(name, *cells, "≤ 1.5×")
        await small.close()
        await large.close()
    table.print()


if __name__ == "__main__":
    uvloop.run(main())
