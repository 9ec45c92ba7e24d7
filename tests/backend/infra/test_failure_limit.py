"""Failures by address, with a clock of one's own."""

import pytest

from genai_stack.errors import Overloaded
from genai_stack.infra import failure_limit
from genai_stack.infra.failure_limit import MOST_FAILURES, SECONDS_PER_FAILURE, FailureLimit


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def failing(limit: FailureLimit, address: str, most: int = 10 * MOST_FAILURES) -> int:
    """How many failures are let through in the same moment."""
    for count in range(most):
        try:
            limit.check(address)
        except Overloaded:
            return count
        limit.failed(address)
    return most


def test_address_that_fails_too_often_waits_and_others_do_not() -> None:
    clock = Clock()
    limit = FailureLimit(clock)
    assert failing(limit, "10.0.0.1") == MOST_FAILURES
    with pytest.raises(Overloaded, match="your address") as refused:
        limit.check("10.0.0.1")
    limit.check("10.0.0.2")
    clock.now += refused.value.retry_after
    assert failing(limit, "10.0.0.1") == 1
    clock.now += MOST_FAILURES * SECONDS_PER_FAILURE
    assert failing(limit, "10.0.0.1") == MOST_FAILURES


@pytest.mark.parametrize(("other", "is_same"), [("2001:db8::2", True), ("2001:db8:0:1::1", False)])
def test_network_of_ipv6_counts_as_one_address(other: str, is_same: bool) -> None:
    limit = FailureLimit(Clock())
    failing(limit, "2001:db8::1")
    assert (failing(limit, other) == 0) is is_same


def test_addresses_that_are_remembered_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(failure_limit, "MOST_ADDRESSES", 2)
    limit = FailureLimit(Clock())
    for address in ("a", "b", "c"):
        failing(limit, address)
    assert [failing(limit, address, most=1) for address in ("c", "b", "a")] == [0, 0, 1]
