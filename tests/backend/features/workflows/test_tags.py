"""Tags: cleaned, counted, and gone with their workflow."""

import pytest

from genai_stack.errors import Invalid
from genai_stack.features.workflows import tags


def test_blanks_and_repetitions_go_whatever_their_case() -> None:
    assert tags.clean([" support ", "Support", "beta  test", "", "Alpha"]) == ["Alpha", "beta test", "support"]


@pytest.mark.parametrize("bad", [["a,b"], ["x" * 51], [f"tag {number}" for number in range(21)]])
def test_tags_that_cannot_be_used_are_refused(bad: list[str]) -> None:
    with pytest.raises(Invalid):
        tags.clean(bad)
