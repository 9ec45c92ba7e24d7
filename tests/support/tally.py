"""What the fault tests of this process did and checked, told at their end."""

from collections import Counter

TALLY: Counter[str] = Counter()


def told() -> str:
    return ", ".join(f"{count:,} {name}" for name, count in sorted(TALLY.items()))
