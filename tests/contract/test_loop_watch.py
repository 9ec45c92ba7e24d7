"""The watchdog of event loops sees a callback of the product that takes long, and nothing else."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPT = """
import asyncio, sys, time
from pathlib import Path
import uvloop
from tests.support.loop_watch import watch

source = '''
import asyncio, time
def burn(seconds):
    ends = time.thread_time() + seconds
    while time.thread_time() < ends:
        pass
async def long():
    burn(0.5)
async def short():
    for _ in range(60):
        burn(0.01)
        await asyncio.sleep(0)
async def asleep(): time.sleep(0.6)
'''
file = {file!r}
names = {{}}
exec(compile(source, file, "exec"), names)
watch(Path(sys.argv[1]))
async def main():
    await asyncio.create_task(names[{what!r}]())

{run}(main())
"""


@pytest.mark.parametrize("run", ["asyncio.run", "uvloop.run"])
@pytest.mark.parametrize(
    ("what", "file", "seen"),
    [("long", "backend", True), ("short", "backend", False), ("asleep", "backend", False), ("long", "tests", False)],
)
def test_only_a_callback_of_the_product_that_computes_long_is_reported(
    tmp_path: Path, run: str, what: str, file: str, seen: bool
) -> None:
    script = SCRIPT.format(file=str(ROOT / file / "made_up.py"), run=run, what=what)
    subprocess.run([sys.executable, "-c", script, str(tmp_path)], cwd=ROOT, check=True)
    reports = [report.read_text() for report in tmp_path.iterdir()]
    assert bool(reports) == seen
    assert all("ms of CPU so far" in report and "in long" in report for report in reports)
