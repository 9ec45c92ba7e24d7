"""Databases of each kind, and chance that can be had again."""

import os
import random

import pytest

from tests.fakes.home import home
from tests.support import tally
from tests.support.tally import TALLY

__all__ = ["home"]

SEED = int(os.environ.get("FAULT_SEED", str(random.randrange(10**6))))


@pytest.fixture
def chance() -> random.Random:
    print(f"FAULT_SEED={SEED}")
    return random.Random(SEED)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if TALLY:
        terminalreporter.write_line(tally.told())
