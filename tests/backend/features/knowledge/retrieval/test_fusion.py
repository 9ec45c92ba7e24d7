"""Rank fusion: the order that several rankings make."""

from genai_stack.features.knowledge.retrieval.fusion import fused


def test_one_ranking_stays_as_it_is() -> None:
    assert fused([["a", "b", "c"], []]) == ["a", "b", "c"]


def test_what_both_rankings_have_comes_before_what_one_has() -> None:
    assert fused([["a", "b"], ["c", "b"]])[0] == "b"


def test_what_holds_every_identifier_comes_first_whatever_the_ranks() -> None:
    rankings = [[f"p{n}" for n in range(50)], [f"p{n}" for n in range(50)]]
    assert fused([*rankings, ["exact"]], ["exact"])[:2] == ["exact", "p0"]
