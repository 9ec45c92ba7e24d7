"""Where questions come in: over REST, with or without a session, and over a chat's socket."""

from collections import OrderedDict
from typing import Literal

from sqlalchemy import bindparam, select
from sqlalchemy.exc import IntegrityError

from genai_stack.engine.catalog import Catalog
from genai_stack.engine.graph import Graph
from genai_stack.engine.validate import Problem, described, errors_in, validate
from genai_stack.errors import GraphRefused, Invalid, NotFound
from genai_stack.features.runs import messages as asking
from genai_stack.features.runs import store as records
from genai_stack.features.runs.control import RunControl
from genai_stack.features.runs.store import NewRun
from genai_stack.features.workflows import validation
from genai_stack.features.workflows.tables import Workflow
from genai_stack.infra.database.database import Database, Transaction
from genai_stack.infra.database.scope import Scope
from genai_stack.infra.pubsub.pubsub import PubSub

Key = tuple[str, bytes]
"""An idempotency key, and the hash of what was asked with it."""

REMEMBERED_VERSIONS = 1024  # versions of workflows whose validity is remembered

_mine = (Workflow.id == bindparam("workflow"), Workflow.workspace_id == bindparam("workspace"))
_version = select(Workflow.version).where(*_mine)
_configuration = select(Workflow.configuration).where(*_mine)


class RunStarter:
    """Each question is one transaction: the message, the run, its first event and its job."""

    def __init__(self, database: Database, catalog: Catalog, runs: RunControl, pubsub: PubSub) -> None:
        self._database, self._catalog, self._runs, self._pubsub = database, catalog, runs, pubsub
        self._sound: OrderedDict[tuple[str, int], None] = OrderedDict()
        """Versions that can run whatever the workspace holds: they name no credential and no knowledge base."""

    async def start(self, scope: Scope, workflow_id: str, query: str, session_id: str | None, key: Key | None) -> str:
        """The id of the run that answers a program's question; the same key gives the same run."""

        def begin(transaction: Transaction) -> str:
            version = self._known(transaction, scope, workflow_id)
            if key and (earlier := records.with_key(transaction, workflow_id, *key)):
                return earlier
            self._check(transaction, scope, workflow_id, version)
            new = NewRun(workflow_id, version, query, session_id, *(key or (None, None)))
            if session_id is None:
                return self._runs.submit(transaction, scope, new)
            chat = asking.find(transaction, scope, session_id)
            if chat.workflow_id != workflow_id:
                raise Invalid("This conversation belongs to another stack.")
            return asking.ask(transaction, scope, self._runs, self._pubsub, chat, new, None)

        try:
            return await self._database.run_write(begin)
        except IntegrityError:
            # Another request with this key was quicker: its run is the answer.
            if key is None:
                raise
            return await self._database.run_write(begin)

    async def say(
        self,
        scope: Scope,
        session_id: str,
        message_id: str,
        content: str,
        parent_id: str | Literal["last"] | None = "last",
    ) -> str:
        """The id of the run that answers a person's message; the same message again gives the same run."""

        def begin(transaction: Transaction) -> str:
            chat = asking.find(transaction, scope, session_id)
            if earlier := asking.asked_before(transaction, scope, chat, message_id, content):
                return earlier
            version = self._known(transaction, scope, chat.workflow_id)
            self._check(transaction, scope, chat.workflow_id, version)
            new = NewRun(chat.workflow_id, version, content, chat.id)
            return asking.ask(transaction, scope, self._runs, self._pubsub, chat, new, message_id, parent_id)

        try:
            return await self._database.run_write(begin)
        except IntegrityError:
            # The same message came to another process at the same moment, and was stored first.
            return await self._database.run_write(begin)

    def _known(self, transaction: Transaction, scope: Scope, workflow_id: str) -> int:
        version = transaction.scalar(_version, {"workflow": workflow_id, "workspace": scope.workspace_id})
        if version is None:
            raise NotFound("There is no stack with this id.")
        return version

    def _check(self, transaction: Transaction, scope: Scope, workflow_id: str, version: int) -> None:
        if (workflow_id, version) in self._sound:
            self._sound.move_to_end((workflow_id, version))
            return
        asked = {"workflow": workflow_id, "workspace": scope.workspace_id}
        graph = Graph.model_validate(transaction.scalar(_configuration, asked))
        names = validation.names_of(graph, self._catalog)
        context = validation.read_context(transaction, scope, names)
        if errors := errors_in(validate(graph, self._catalog, context)):
            raise _refusal(errors)
        if not names:
            self._sound[workflow_id, version] = None
            if len(self._sound) > REMEMBERED_VERSIONS:
                self._sound.popitem(last=False)


def _refusal(errors: list[Problem]) -> GraphRefused:
    count = "a problem" if len(errors) == 1 else f"{len(errors)} problems"
    return GraphRefused(
        f"The stack can’t run: it has {count}. {errors[0].message}",
        problems=[described(problem) for problem in errors],
    )
