"""All that can be done with documents, in one hand: for the routes, the command line and the start of the process."""

from dataclasses import dataclass

from genai_stack.documents.ingestion import Ingestion
from genai_stack.documents.removal import Removal
from genai_stack.documents.uploads import Uploads
from genai_stack.knowledge import bases
from genai_stack.knowledge.index import Index
from genai_stack.knowledge.search import Search
from genai_stack.storage.database import Database
from genai_stack.storage.scope import Scope
from genai_stack.work.dispatch import Dispatch


@dataclass(frozen=True, slots=True)
class Library:
    database: Database
    dispatch: Dispatch
    index: Index
    search: Search
    uploads: Uploads
    ingestion: Ingestion
    removal: Removal

    async def resume(self, scope: Scope) -> None:
        """At the start, by the one process that works: what was left half done is finished, or taken back."""
        await self.removal.resume(scope)
        await self.ingestion.resume(scope, self.dispatch)

    async def forget_workflow(self, scope: Scope, workflow_id: str) -> None:
        """The knowledge base that it owns, with its documents."""
        async with self.database.write() as session:
            own = await bases.own_of(session, scope, workflow_id)
            if own is not None:
                await bases.give_up(session, scope, own.id)
        if own is not None:
            await self.removal.sweep(scope)

    async def close(self) -> None:
        """After the dispatch was closed."""
        await self.removal.close()
        await self.index.close()
