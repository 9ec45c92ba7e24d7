"""A bucket of failures per address: who has emptied it waits, and nobody else."""

import ipaddress
import time
from collections import OrderedDict
from collections.abc import Callable

from genai_stack.errors import Overloaded

MOST_FAILURES = 30
SECONDS_PER_FAILURE = 2.0  # after which one more is allowed
MOST_ADDRESSES = 10_000  # that are remembered; the one that failed longest ago is forgotten
IPV6_PREFIX_BITS = 64  # one customer's network


class FailureLimit:
    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._empty_at: OrderedDict[str, float] = OrderedDict()  # when no failure counts any more

    def check(self, address: str) -> None:
        """Raises Overloaded where the address has failed too often."""
        left = self._empty_at.get(_network(address), 0.0) - self._clock()
        over = left - (MOST_FAILURES - 1) * SECONDS_PER_FAILURE
        if over > 0:
            raise Overloaded(
                "Too many wrong tokens came from your address. Wait, then use the right one.", retry_after=over
            )

    def failed(self, address: str) -> None:
        network, now = _network(address), self._clock()
        self._empty_at[network] = max(self._empty_at.pop(network, now), now) + SECONDS_PER_FAILURE
        if len(self._empty_at) > MOST_ADDRESSES:
            self._empty_at.popitem(last=False)


def _network(address: str) -> str:
    if ":" not in address:
        return address
    try:
        return str(ipaddress.ip_network((address.partition("%")[0], IPV6_PREFIX_BITS), strict=False))
    except ValueError:
        return address
