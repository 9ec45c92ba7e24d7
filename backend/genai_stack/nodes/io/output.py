"""The answer."""

from dataclasses import dataclass

from genai_stack.engine.forms import form_field
from genai_stack.engine.node import NodeConfig, NodeType, Said
from genai_stack.engine.ports import Documents, Passage, Text
from genai_stack.nodes.context import NodeContext


class Config(NodeConfig):
    show_sources: bool = form_field(
        True, "switch", title="Show sources", help="Show the passages that the answer was given from."
    )


@dataclass(frozen=True, slots=True)
class Inputs:
    answer: Text | Documents


class Output(NodeType[Config, Inputs, Said, NodeContext]):
    """Shows the answer. Documents are shown as a numbered list of passages."""

    type = "output"
    title = "Output"
    category = "Input and output"
    icon = "message-circle-reply"
    role = "exit"

    async def run(self, config: Config, inputs: Inputs, ctx: NodeContext) -> Said:
        answer = inputs.answer if isinstance(inputs.answer, str) else _listed(inputs.answer)
        return Said(answer, config.show_sources)


def _listed(passages: tuple[Passage, ...]) -> str:
    return "\n".join(f"{number}. {_place(passage)}: {passage.text}" for number, passage in enumerate(passages, 1))


def _place(passage: Passage) -> str:
    return passage.filename if passage.page is None else f"{passage.filename}, page {passage.page}"
