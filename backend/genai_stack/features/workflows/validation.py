"""Validation of saved graphs against what their workspace holds, and its outcome as it is kept for lists."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import BindParameter, bindparam, select

from genai_stack.engine.catalog import Catalog
from genai_stack.engine.forms import references
from genai_stack.engine.graph import Graph
from genai_stack.engine.node import ValidationContext
from genai_stack.engine.validate import Problem, errors_in, validate
from genai_stack.features.credentials.tables import Credential
from genai_stack.features.knowledge.tables import KnowledgeBase
from genai_stack.features.workflows.tables import Workflow
from genai_stack.infra.database.database import ReadSession, Transaction
from genai_stack.infra.database.scope import Scope

Json = dict[str, Any]

_named: BindParameter[str] = bindparam("named", expanding=True)
_credentials = select(Credential.id, Credential.provider, Credential.base_url).where(
    Credential.workspace_id == bindparam("workspace"), Credential.id.in_(_named)
)
_knowledge_bases = select(KnowledgeBase.id).where(
    KnowledgeBase.workspace_id == bindparam("workspace"), KnowledgeBase.id.in_(_named)
)


@dataclass(frozen=True, slots=True)
class Summary:
    """What a list shows of a graph. `named`: what the graph names of its workspace, as it was when it was validated."""

    node_types: list[str]
    error_count: int
    named: dict[str, list[str | None] | None]

    def stored(self) -> Json:
        return {"node_types": self.node_types, "error_count": self.error_count, "named": self.named}


@dataclass(frozen=True, slots=True)
class Validated:
    """A graph's problems, and its summary."""

    problems: list[Problem]
    summary: Summary


def names_of(graph: Graph, catalog: Catalog) -> set[str]:
    """The ids of the credentials and knowledge bases that a graph names."""
    named = (
        node.data.config.get(field)
        for node in graph.nodes
        if (node_type := catalog.get(node.type)) is not None
        for field in references(node_type.Config)
    )
    return {name for name in named if isinstance(name, str) and _is_id(name)}


def _is_id(name: str) -> bool:
    """What is no UUID names nothing that is stored, and PostgreSQL would refuse to look for it."""
    try:
        return bool(UUID(name))
    except ValueError:
        return False


def read_context(tx: Transaction, scope: Scope, names: Collection[str]) -> ValidationContext:
    """What the workspace holds of what is named."""
    if not names:
        return ValidationContext()
    asked = {"workspace": scope.workspace_id, "named": list(names)}
    stored = tx.execute(_credentials, asked).all()
    return ValidationContext(
        {row.id: row.provider for row in stored},
        frozenset(tx.execute(_knowledge_bases, asked).scalars()),
        {row.id: row.base_url for row in stored},
    )


async def validated(session: ReadSession, scope: Scope, catalog: Catalog, graph: Graph) -> Validated:
    names = names_of(graph, catalog)
    return _validated(graph, catalog, names, await _context(session, scope, names))


async def summaries(
    session: ReadSession, scope: Scope, catalog: Catalog, workflows: Sequence[Workflow]
) -> list[Summary]:
    """As kept with each; a graph is validated only where that was under another catalog, or what it names changed."""
    names = {name for one in workflows for name in (one.summary or {}).get("named", ())}
    context = await _context(session, scope, names)
    found = {one.id: _kept(one, catalog, context) for one in workflows}
    changed = [workflow_id for workflow_id, summary in found.items() if summary is None]
    query = select(Workflow.id, Workflow.configuration).where(Workflow.of(scope), Workflow.id.in_(changed))
    for workflow_id, configuration in (await session.execute(query)).all() if changed else ():
        graph = Graph.model_validate(configuration)
        found[workflow_id] = (await validated(session, scope, catalog, graph)).summary
    return [found[one.id] or Summary([], 0, {}) for one in workflows]


def keep(workflow: Workflow, catalog: Catalog, summary: Summary) -> None:
    workflow.summary, workflow.summary_catalog = summary.stored(), catalog.fingerprint


def _kept(workflow: Workflow, catalog: Catalog, context: ValidationContext) -> Summary | None:
    if workflow.summary is None or workflow.summary_catalog != catalog.fingerprint:
        return None
    kept = Summary(**workflow.summary)
    return kept if kept.named == {name: _state(name, context) for name in kept.named} else None


def _validated(graph: Graph, catalog: Catalog, names: set[str], context: ValidationContext) -> Validated:
    problems = validate(graph, catalog, context)
    types = list(dict.fromkeys(node.type for node in graph.nodes))
    named = {name: _state(name, context) for name in sorted(names)}
    return Validated(problems, Summary(types, len(errors_in(problems)), named))


def _state(name: str, context: ValidationContext) -> list[str | None] | None:
    """All that validation can see of a credential or knowledge base; None where it is not there."""
    if name in context.credentials:
        return [context.credentials[name], context.addresses.get(name)]
    return [] if name in context.knowledge_bases else None


async def _context(session: ReadSession, scope: Scope, names: Collection[str]) -> ValidationContext:
    if not names:
        return ValidationContext()
    return await session.run_sync(lambda sync: read_context(Transaction(sync.connection()), scope, names))
