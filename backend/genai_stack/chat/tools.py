"""What the nodes of a run are given: models with their keys, knowledge, and the conversation so far."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import aclosing

from genai_stack.access import credentials
from genai_stack.chat import sessions
from genai_stack.engine.node import Voice
from genai_stack.engine.ports import Passage
from genai_stack.engine.schedule import Step
from genai_stack.errors import NotFound
from genai_stack.knowledge import bases
from genai_stack.knowledge.search import Search
from genai_stack.llm.chat_model import ChatRequest, Delta
from genai_stack.llm.chat_models import ChatModels
from genai_stack.llm.patience import Deadlines, patient
from genai_stack.runs.records import Claimed
from genai_stack.storage.database import Database
from genai_stack.storage.scope import Scope
from genai_stack.storage.secrets import Secrets
from genai_stack.toolbox import Finding, ModelChoice, Toolbox, Turn


class Tools:
    """Makes the toolbox of each node of a run, within the run's workspace."""

    def __init__(
        self, database: Database, secrets: Secrets, models: ChatModels, search: Search, deadlines: Deadlines
    ) -> None:
        self._database, self._secrets, self._models = database, secrets, models
        self._search, self._deadlines = search, deadlines

    def of_run(self, run: Claimed) -> Callable[[Voice, Step], Toolbox]:
        scope = Scope(run.workspace_id)

        async def search(finding: Finding) -> Sequence[Passage]:
            base_id = await self._base(scope, run, finding.knowledge_base_id)
            if base_id is None:
                return ()
            return await self._search.search(
                scope, base_id, finding.query, top_k=finding.top_k, min_score=finding.min_score
            )

        async def count(knowledge_base_id: str | None) -> int:
            base_id = await self._base(scope, run, knowledge_base_id)
            return 0 if base_id is None else await self._search.count_ready(scope, base_id)

        async def recall(most: int) -> Sequence[Turn]:
            chat = run.session_id
            if chat is None:
                return ()
            return await self._database.fetch(lambda now: sessions.turns_before(now, scope, chat, run.id, most))

        def of_node(voice: Voice, step: Step) -> Toolbox:
            del step

            def ask(choice: ModelChoice, request: ChatRequest) -> AsyncIterator[Delta]:
                return self._ask(scope, voice, choice, request)

            return Toolbox(run.query, voice, ask, search, recall, count)

        return of_node

    async def _base(self, scope: Scope, run: Claimed, knowledge_base_id: str | None) -> str | None:
        """The knowledge base that is meant: by default the workflow's own, which may not be there yet."""
        if knowledge_base_id is not None:
            return knowledge_base_id
        async with self._database.read() as session:
            own = await bases.own_of(session, scope, run.workflow_id)
            return own.id if own else None

    async def _ask(self, scope: Scope, voice: Voice, choice: ModelChoice, request: ChatRequest) -> AsyncIterator[Delta]:
        key = await self._key(scope, choice.credential_id)
        model = self._models.model(choice.provider, key=key, base_url=choice.base_url)
        async with aclosing(patient(model, request, self._deadlines, on_retry=voice.status)) as deltas:
            async for delta in deltas:
                yield delta

    async def _key(self, scope: Scope, credential_id: str | None) -> str | None:
        if credential_id is None:
            return None
        async with self._database.read() as session:
            try:
                stored = await credentials.get(session, scope, credential_id)
            except NotFound as error:
                raise NotFound("Its key is not stored any more. Choose another one in the node's settings.") from error
        return self._secrets.unlock(stored.secret)
