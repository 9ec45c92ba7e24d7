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


async def test_lists_of_a_passage_are_text_of_the_quotation_and_headings_stand_above_their_text() -> None:
    quoted = (await answer("# Rules\n\n1. One [1]\n- two *stars*")).splitlines()[2:]
    assert quoted == ["   > Rules  ", "   > 1\\. One \\[1\\]  ", "   > \\- two \\*stars\\*  "]


async def test_row_15_the_matching_sentence_is_bold() -> None:
    passage = Passage(
        "d", "a.md", None, 0.5, "Bees dance.\nWhales sing\nlow songs. Cats purr.", "Whales sing\nlow songs."
    )
    quoted = (await Output().run(Config(), Inputs((passage,)), None)).text.splitlines()[2:]  # type: ignore[arg-type]
    assert quoted == ["   > Bees dance.  ", "   > **Whales sing  ", "   > low songs.** Cats purr.  "]


async def test_a_match_that_is_not_in_the_passage_marks_nothing() -> None:
    passage = Passage("d", "a.md", None, 0.5, "Bees dance.", "Whales sing.")
    assert "Bees dance." in (await Output().run(Config(), Inputs((passage,)), None)).text  # type: ignore[arg-type]
