"""The question."""

from dataclasses import dataclass

from genai_stack.engine.forms import form_field
from genai_stack.engine.node import NodeConfig, NodeType, NoPorts
from genai_stack.engine.ports import Text
from genai_stack.nodes.context import NodeContext


class Config(NodeConfig):
    examples: list[str] = form_field(
        [], "text_list", title="Suggested questions", help="Suggested to whoever opens the chat.", max_length=12
    )


@dataclass(frozen=True, slots=True)
class Outputs:
    text: Text


class Query(NodeType[Config, NoPorts, Outputs, NodeContext]):
    """The question that a person or a program asks. Every stack begins here."""

    type = "query"
    title = "User Query"
    category = "Input and output"
    icon = "message-square"
    role = "entry"

    async def run(self, config: Config, inputs: NoPorts, ctx: NodeContext) -> Outputs:
        return Outputs(ctx.question)
