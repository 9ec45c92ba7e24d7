"""Passages of documents that match a question."""

from collections.abc import Iterable
from dataclasses import dataclass

from genai_stack.engine.forms import form_field
from genai_stack.engine.node import ConfigProblem, NodeConfig, NodeType, ValidationContext
from genai_stack.engine.ports import Documents, Text
from genai_stack.nodes.context import Finding, NodeContext


class Config(NodeConfig):
    knowledge_base_id: str | None = form_field(
        None,
        "knowledge_base",
        title="Knowledge base",
        help="Which documents to search. Default: this stack's own.",
    )
    top_k: int = form_field(4, "number", title="Passages", help="The maximum number of passages to find.", ge=1, le=50)
    min_score: float = form_field(
        0.0, "slider", title="Minimum score", help="Passages with a lower score are left out.", ge=0.0, le=1.0
    )


@dataclass(frozen=True, slots=True)
class Inputs:
    query: Text


@dataclass(frozen=True, slots=True)
class Outputs:
    context: Documents


class KnowledgeBaseNode(NodeType[Config, Inputs, Outputs, NodeContext]):
    """Searches uploaded documents for the passages that match the question best."""

    type = "knowledge_base"
    title = "Knowledge Base"
    category = "Knowledge"
    icon = "library"
    attempts = 3

    async def run(self, config: Config, inputs: Inputs, ctx: NodeContext) -> Outputs:
        documents = await ctx.count(config.knowledge_base_id)
        if not documents:
            ctx.output.status("There are no documents to search")
            return Outputs(())
        ctx.output.status(f"Searching {documents} document{'' if documents == 1 else 's'}")
        wanted = Finding(inputs.query, config.knowledge_base_id, config.top_k, config.min_score)
        passages = tuple(await ctx.search(wanted))
        ctx.output.sources(passages)
        return Outputs(passages)

    def problems(self, config: Config, context: ValidationContext) -> Iterable[ConfigProblem]:
        chosen = config.knowledge_base_id
        if chosen is not None and chosen not in context.knowledge_bases:
            message = "its knowledge base was deleted. Choose another."
            yield ConfigProblem("invalid_config", message, "knowledge_base_id")
