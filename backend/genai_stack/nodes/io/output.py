"""The answer."""

import re
from dataclasses import dataclass

from genai_stack.engine.forms import form_field
from genai_stack.engine.node import NodeConfig, NodeType, OutputAnswer
from genai_stack.engine.ports import Documents, Passage, Text
from genai_stack.nodes.context import NodeContext

_INLINE_MARKS = re.compile(r"[\\`*_\[\]<>~|$]")
_BOLD = "\ue000"  # for private use: stands for ** until the text is escaped
_HEADING = re.compile(r"^#{1,6} +(.+?)[ #]*\n\s*(?=\S)", re.MULTILINE)
_BLOCK_MARK = re.compile(r"^(\s*\d*)([#+=.)-])")


class Config(NodeConfig):
    show_sources: bool = form_field(
        True, "switch", title="Show sources", help="Show the passages that the answer is based on."
    )


@dataclass(frozen=True, slots=True)
class Inputs:
    answer: Text | Documents


class Output(NodeType[Config, Inputs, OutputAnswer, NodeContext]):
    """Shows the answer. Documents are shown as a numbered list of passages."""

    type = "output"
    title = "Output"
    category = "Input and output"
    icon = "message-circle-reply"
    role = "exit"

    async def run(self, config: Config, inputs: Inputs, ctx: NodeContext) -> OutputAnswer:
        answer = inputs.answer if isinstance(inputs.answer, str) else _listed(inputs.answer)
        return OutputAnswer(answer, config.show_sources)


def _listed(passages: tuple[Passage, ...]) -> str:
    """A numbered list in Markdown: where each passage stands, and a quotation of it with its matching sentence bold."""
    items = (
        f"{number}. **{_plain(_place(one))}**\n\n{_quoted(one.text, one.match or '')}"
        for number, one in enumerate(passages, 1)
    )
    return "\n\n".join(items)


def _quoted(text: str, match: str) -> str:
    """Its own lists and headings are text of the quotation, not of the answer."""
    start = text.find(match)
    after = text[start + len(match) :]
    if match and start >= 0 and not after[:1].strip():  # Markdown ends bold text only before a blank
        text = f"{text[:start]}{_BOLD}{match}{_BOLD}{after}"
    lines = [_plain(line).replace(_BOLD, "**") for line in _joined(text.strip()).splitlines()]
    return "\n".join(f"   > {line}  ".rstrip(" " if not line.strip() else "") for line in lines)


def _joined(text: str) -> str:
    """A heading stands right above its text; the number signs that made it one are gone."""
    return _HEADING.sub(r"\1\n", text)


def _plain(line: str) -> str:
    return _BLOCK_MARK.sub(r"\1\\\2", _INLINE_MARKS.sub(r"\\\g<0>", line))


def _place(passage: Passage) -> str:
    return passage.filename if passage.page is None else f"{passage.filename}, page {passage.page}"
