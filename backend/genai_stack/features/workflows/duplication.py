"""Duplicates of workflows, with their own documents."""

from genai_stack.features.knowledge import bases
from genai_stack.features.knowledge.copying import BaseCopy, Copies
from genai_stack.features.workflows import store, tags
from genai_stack.features.workflows.tables import Workflow
from genai_stack.infra.database.database import Database
from genai_stack.infra.database.scope import Scope
from genai_stack.infra.finish import finish_even_if_cancelled

LONGEST_NAME = 200
SUFFIX = " (copy)"


class Duplication:
    def __init__(self, database: Database, copies: Copies) -> None:
        self._database = database
        self._copies = copies

    async def duplicate(self, scope: Scope, workflow_id: str, name: str | None) -> Workflow:
        """Its graph, description, tags and own documents; nothing is embedded again. Raises NotFound."""
        async with self._database.read() as session:
            source = await store.get(session, scope, workflow_id)
            own = await bases.own_of(session, scope, workflow_id)
        name = name or source.name[: LONGEST_NAME - len(SUFFIX)] + SUFFIX
        if own is None:
            return await finish_even_if_cancelled(self._save(scope, source, name, None))
        copy = await self._copies.make(scope, own.id, name)
        try:
            made = await finish_even_if_cancelled(self._save(scope, source, name, copy))
        except Exception:
            await finish_even_if_cancelled(self._copies.undo(copy))
            raise
        await self._copies.published(copy)
        return made

    async def _save(self, scope: Scope, source: Workflow, name: str, copy: BaseCopy | None) -> Workflow:
        async with self._database.write() as session:
            made = await store.add(session, scope, name, source.description, source.configuration)
            made.summary, made.summary_catalog = source.summary, source.summary_catalog
            found = await tags.of(session, scope, [source.id])
            await tags.replace(session, scope, made.id, found.get(source.id, []))
            if copy is not None:
                await self._copies.publish(session, copy, made.id)
        return made
