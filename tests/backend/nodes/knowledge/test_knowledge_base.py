"""The knowledge base node searches with its settings, says what it searches, and names a base that is gone."""

import pytest
from pydantic import ValidationError

from genai_stack.engine.node import ValidationContext
from genai_stack.engine.ports import Passage
from genai_stack.nodes.context import Finding
from genai_stack.nodes.knowledge.knowledge_base import Config, Inputs, KnowledgeBaseNode
from tests.support.nodes import Context

PASSAGE = Passage("d", "a.md", None, 0.5, "Bees dance.")


@pytest.mark.parametrize(("documents", "says"), [(1, "Searching 1 document"), (2, "Searching 2 documents")])
async def test_it_searches_as_its_settings_say(documents: int, says: str) -> None:
    context = Context("ignored", documents=documents, passages=(PASSAGE,))
    config = Config(knowledge_base_id="b", top_k=7, min_score=0.25)
    outputs = await KnowledgeBaseNode().run(config, Inputs("dancing"), context.made())
    assert outputs.context == (PASSAGE,)
    assert context.found == [Finding("dancing", "b", 7, 0.25)]
    assert context.output.lines == [f"status: {says}", "sources: 1"]


async def test_without_documents_nothing_is_searched() -> None:
    context = Context("?", documents=0)
    assert (await KnowledgeBaseNode().run(Config(), Inputs("?"), context.made())).context == ()
    assert context.found == []
    assert context.output.lines == ["status: There are no documents to search"]


def test_a_base_that_is_gone_is_a_problem_of_its_field() -> None:
    gone, there = ValidationContext(), ValidationContext(knowledge_bases={"b"})
    problems = list(KnowledgeBaseNode().problems(Config(knowledge_base_id="b"), gone))
    assert [(one.code, one.field) for one in problems] == [("invalid_config", "knowledge_base_id")]
    assert list(KnowledgeBaseNode().problems(Config(knowledge_base_id="b"), there)) == []
    assert list(KnowledgeBaseNode().problems(Config(), gone)) == []


@pytest.mark.parametrize("wrong", [{"top_k": 0}, {"top_k": 51}, {"min_score": -0.1}, {"min_score": 1.1}])
def test_settings_out_of_bounds_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValidationError):
        Config.model_validate(wrong)
