"""Documents at an Output are answered as quotations, each apart from the others."""

from genai_stack.engine.ports import Passage
from genai_stack.nodes.io.output import Config, Inputs, Output


async def answer(*texts: str) -> str:
    passages = tuple(Passage("d", "a_b.md", 2, 0.5, text) for text in texts)
    return (await Output().run(Config(), Inputs(passages), None)).text  # type: ignore[arg-type]


async def test_each_passage_is_a_quotation_with_its_place() -> None:
    assert await answer("Bees dance.", "Whales sing.") == (
        "1. **a\\_b.md, page 2**\n\n   > Bees dance.  \n\n2. **a\\_b.md, page 2**\n\n   > Whales sing.  "
    )


async def test_lists_and_headings_of_a_passage_are_text_of_the_quotation() -> None:
    quoted = (await answer("# Rules\n\n1. One [1]\n- two *stars*")).splitlines()[2:]
    assert quoted == ["   > \\# Rules  ", "   >", "   > 1\\. One \\[1\\]  ", "   > \\- two \\*stars\\*  "]
