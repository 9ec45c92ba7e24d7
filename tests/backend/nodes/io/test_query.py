"""The question node hands on what was asked, and bounds its suggested questions."""

import pytest
from pydantic import ValidationError

from genai_stack.engine.node import NoPorts
from genai_stack.nodes.io.query import Config, Query
from tests.support.nodes import Context


async def test_it_hands_on_the_question_as_it_was_asked() -> None:
    outputs = await Query().run(Config(), NoPorts(), Context(" Why? \n").made())
    assert outputs.text == " Why? \n"


def test_twelve_questions_may_be_suggested_and_no_more() -> None:
    assert len(Config(examples=["?"] * 12).examples) == 12
    with pytest.raises(ValidationError, match="at most 12"):
        Config(examples=["?"] * 13)


def test_a_setting_that_it_does_not_have_is_refused() -> None:
    with pytest.raises(ValidationError, match="Extra inputs"):
        Config.model_validate({"colour": "red"})
