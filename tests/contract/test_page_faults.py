"""Each of the 18 rows of faults that were found by using the pages has a test that names it."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PLACES = ("tests/**/*.py", "frontend/src/**/*.test.ts*", "frontend/scripts/*.mjs")
ROWS = range(1, 19)


def test_every_row_is_named_by_a_test() -> None:
    texts = [path.read_text() for place in PLACES for path in ROOT.glob(place) if path != Path(__file__)]
    named = {int(row) for text in texts for row in re.findall(r"\brow[ _](\d+)\b", text, re.IGNORECASE)}
    named |= {int(row) for text in texts for row in re.findall(r"_row_(\d+)_", text)}
    assert [row for row in ROWS if row not in named] == []
