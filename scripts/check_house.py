"""House rules that no linter knows: the README's drawing shows the rooms that exist, and every file says what it is."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "backend" / "genai_stack"
VAGUE = re.compile(r"(^|_)(utils?|helpers?|common|base|core|managers?|services?|handlers?|processors?|data|info)(_|$)")
# Written in pieces, so that this file does not name what no file may name.
HOSTS = re.compile(r"//[a-z0-9.-]*(" + "|".join(("py" + "pi", "python" + "hosted", "npm" + "js")) + r")[a-z0-9.-]*/")


def faults() -> Iterator[str]:
    yield from _drawing()
    for path in sorted(PACKAGE.rglob("*.py")):
        if "migrations/versions" not in str(path):
            yield from _module(path)
    yield from _hosts()


def _drawing() -> Iterator[str]:
    """Rooms and files between the lines of the first drawing of the README."""
    drawn = re.search(r"## The house\n.*?```text\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    if drawn is None:
        yield "README.md: there is no drawing under “## The house”"
        return
    shown = set(re.findall(r"\b([a-z_]+(?:/|\.py))", drawn[1]))
    there = {f"{path.name}/" for path in PACKAGE.iterdir() if path.is_dir() and path.name != "__pycache__"}
    there |= {path.name for path in PACKAGE.glob("*.py") if path.name != "__init__.py"}
    for name in sorted(there - shown):
        yield f"README.md: the drawing does not show {name}"
    for name in sorted(shown - there):
        yield f"README.md: the drawing shows {name}, which is not there"


def _module(path: Path) -> Iterator[str]:
    place = path.relative_to(ROOT)
    said = ast.get_docstring(ast.parse(path.read_text()))
    if not said:
        yield f"{place}: it does not say in a docstring what it is"
    if VAGUE.search(path.stem.replace("knowledge_base", "")):
        yield f"{place}: the name does not say what it is"


def _hosts() -> Iterator[str]:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in listed.splitlines():
        path = ROOT / name
        if path.suffix in {".png", ".json", ".gz", ".br", ".ico", ".woff2"} and path.name != "package-lock.json":
            continue
        if path.is_file() and HOSTS.search(path.read_text(errors="ignore")):
            yield f"{name}: it names the host of a package registry"


found = list(faults())
for fault in found:
    print(fault)
sys.exit(1 if found else 0)
