"""What the nodes of a run are given: models with their keys, knowledge, and the conversation so far."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial

from genai_stack.engine.node import NodeOutput
from genai_stack.engine.plan import Step
from genai_stack.engine.ports import Passage
from genai_stack.errors import NotFound
from genai_stack.features.conversations import store as sessions
from genai_stack.features.credentials import store as credentials
from genai_stack.features.knowledge import bases
from genai_stack.features.knowledge.readiness import readiness, wait_until_read
from genai_stack.features.knowledge.retrieval.search import Search
from genai_stack.features.runs.store import RunAttempt
from genai_stack.infra.database.database import Database
from genai_stack.infra.database.scope import Scope
from genai_stack.infra.egress.api_key import ApiKey
from genai_stack.infra.secrets import Secrets
from genai_stack.infra.telemetry.model_call import ModelCall
from genai_stack.infra.telemetry.spans import Span, SpanOf
from genai_stack.integrations.catalog import BY_ID
from genai_stack.integrations.chat_models import ChatModels
from genai_stack.integrations.llm.chat_model import ChatRequest, Delta
from genai_stack.integrations.llm.retries import Deadlines, stream_with_retries
from genai_stack.nodes.context import Finding, ModelChoice, NodeContext, Turn


@dataclass(frozen=True, slots=True)
class NodeContexts:
    """Makes the context of each node of a run, within the run's workspace."""

    database: Database
    secrets: Secrets
    models: ChatModels
    knowledge: Search
    deadlines: Deadlines

    def of_run(self, run: RunAttempt, span_of: SpanOf | None = None) -> Callable[[NodeOutput, Step], NodeContext]:
        """`span_of` gives the span of a node, where spans are wanted: its calls are shown within it."""
        return _RunContext(self, run, span_of).of_node


@dataclass(frozen=True, slots=True)
class _RunContext:
    """What the nodes of one run share."""

    made_by: NodeContexts
    run: RunAttempt
    span_of: SpanOf | None

    def of_node(self, output: NodeOutput, step: Step) -> NodeContext:
        span = self.span_of(step.id) if self.span_of else None
        return NodeContext(
            self.run.query,
            output,
            partial(self.ask, output, span),
            self.search,
            self.recall,
            partial(self.count, output),
        )

    @property
    def scope(self) -> Scope:
        return Scope(self.run.workspace_id)

    async def ask(
        self, output: NodeOutput, span: Span | None, choice: ModelChoice, request: ChatRequest
    ) -> AsyncIterator[Delta]:
        key = await self._key(choice.credential_id)
        model = self.made_by.models.model(choice.provider, key=key, base_url=choice.base_url)
        call = ModelCall(
            choice.provider,
            request.model,
            span,
            trace_name=BY_ID[choice.provider].trace_name,
            base_url=choice.base_url,
            temperature=request.temperature,
            max_tokens=request.max_tokens,
        )

        def retrying(reason: str) -> None:
            call.retry()
            output.status(reason)

        with call:
            async with aclosing(
                stream_with_retries(model, request, self.made_by.deadlines, on_retry=retrying)
            ) as deltas:
                async for delta in deltas:
                    if call.waits:
                        call.hear()
                    if (used := delta.usage) is not None:
                        call.count(used.prompt_tokens, used.completion_tokens, used.reasoning_tokens)
                    yield delta

    async def search(self, finding: Finding) -> Sequence[Passage]:
        base_id = await self._base(finding.knowledge_base_id)
        if base_id is None:
            return ()
        found = await readiness(self.made_by.database, self.scope, base_id)
        return await self.made_by.knowledge.search(
            self.scope,
            base_id,
            finding.query,
            top_k=finding.top_k,
            min_score=finding.min_score,
            left_out=[found.left_out] if found.left_out else (),
        )

    async def count(self, output: NodeOutput, knowledge_base_id: str | None) -> int:
        base_id = await self._base(knowledge_base_id)
        if base_id is None:
            return 0

        def waiting(pending: int) -> None:
            output.status(f"Waiting for {pending} document{'' if pending == 1 else 's'} to be read")

        database = self.made_by.database
        async with database.read() as session:
            await bases.find(session, self.scope, base_id)
        found = await wait_until_read(database, self.scope, base_id, waiting)
        if found.pending:
            output.status("Still reading documents: those are not searched yet. Ask again later.")
        return found.ready

    async def recall(self, most: int) -> Sequence[Turn]:
        chat = self.run.session_id
        if chat is None:
            return ()
        return await self.made_by.database.run_read(
            lambda tx: sessions.turns_before(tx, self.scope, chat, self.run.id, most)
        )

    async def _base(self, knowledge_base_id: str | None) -> str | None:
        """The knowledge base that is meant: by default the workflow's own, which may not be there yet."""
        if knowledge_base_id is not None:
            return knowledge_base_id
        async with self.made_by.database.read() as session:
            own = await bases.own_of(session, self.scope, self.run.workflow_id)
            return own.id if own else None

    async def _key(self, credential_id: str | None) -> ApiKey | None:
        if credential_id is None:
            return None
        async with self.made_by.database.read() as session:
            try:
                stored = await credentials.get(session, self.scope, credential_id)
            except NotFound as error:
                raise NotFound("Its API key was deleted. Choose another one in the node's settings.") from error
        return credentials.open_key(self.made_by.secrets, stored)
