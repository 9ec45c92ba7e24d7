"""Where questions come in: over REST, with or without a session, and over a chat's socket."""

from sqlalchemy.exc import IntegrityError

from genai_stack.chat import asking, sessions
from genai_stack.engine.catalog import Catalog
from genai_stack.engine.graph import Graph
from genai_stack.engine.validate import described, errors_in, validate
from genai_stack.errors import GraphRefused, Invalid
from genai_stack.runs import records
from genai_stack.runs.records import NewRun
from genai_stack.runs.runs import Runs
from genai_stack.storage.database import Database, ReadSession
from genai_stack.storage.scope import Scope
from genai_stack.storage.tables import Workflow
from genai_stack.work.wake import Wake
from genai_stack.workflows import store

Key = tuple[str, bytes]
"""An idempotency key, and the hash of what was asked with it."""


class Questions:
    """Each question is one transaction: the message, the run, its first event and its job."""

    def __init__(self, database: Database, catalog: Catalog, runs: Runs, wake: Wake) -> None:
        self._database, self._catalog, self._runs, self._wake = database, catalog, runs, wake

    async def known(self, session: ReadSession, scope: Scope, workflow_id: str) -> Workflow:
        return await store.get(session, scope, workflow_id)

    async def start(self, scope: Scope, workflow_id: str, query: str, session_id: str | None, key: Key | None) -> str:
        """The id of the run that answers a program's question; the same key gives the same run."""
        try:
            return await self._start(scope, workflow_id, query, session_id, key)
        except IntegrityError:
            # Another request with this key was quicker: its run is the answer.
            if key is None:
                raise
            return await self._start(scope, workflow_id, query, session_id, key)

    async def _start(self, scope: Scope, workflow_id: str, query: str, session_id: str | None, key: Key | None) -> str:
        async with self._database.write() as session:
            workflow = await store.get(session, scope, workflow_id)
            if key and (earlier := await records.with_key(session, scope, workflow_id, *key)):
                return earlier.id
            await self._check(session, scope, workflow)
            if session_id is None:
                new = NewRun(workflow_id, workflow.version, query, None, *(key or (None, None)))
                return (await self._runs.submit(session, scope, new)).id
            chat = await sessions.get(session, scope, session_id)
            if chat.workflow_id != workflow_id:
                raise Invalid("This chat session belongs to another workflow.")
            run = await asking.ask(session, scope, self._runs, self._wake, chat, workflow.version, None, query)
            if key:
                run.idempotency_key, run.request_hash = key
            return run.id

    async def say(self, scope: Scope, session_id: str, message_id: str, content: str) -> str:
        """The id of the run that answers a person's message; the same message again gives the same run."""
        try:
            return await self._say(scope, session_id, message_id, content)
        except IntegrityError:
            # The same message came on another socket at the same moment, and was stored first.
            return await self._say(scope, session_id, message_id, content)

    async def _say(self, scope: Scope, session_id: str, message_id: str, content: str) -> str:
        async with self._database.write() as session:
            chat = await sessions.get(session, scope, session_id)
            if earlier := await asking.asked_before(session, scope, chat, message_id, content):
                return earlier.id
            workflow = await store.get(session, scope, chat.workflow_id)
            await self._check(session, scope, workflow)
            version = workflow.version
            return (await asking.ask(session, scope, self._runs, self._wake, chat, version, message_id, content)).id

    async def _check(self, session: ReadSession, scope: Scope, workflow: Workflow) -> None:
        graph = Graph.model_validate(workflow.configuration)
        errors = errors_in(validate(graph, self._catalog, await store.facts(session, scope)))
        if errors:
            count = "a problem" if len(errors) == 1 else f"{len(errors)} problems"
            raise GraphRefused(
                f"The workflow cannot run: it has {count}. {errors[0].message}",
                problems=[described(problem) for problem in errors],
            )
