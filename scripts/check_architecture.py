"""Rules that no linter knows: the README's drawings show the packages that exist; every module has a docstring."""

import ast
import re
import subprocess
import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "backend" / "genai_stack"
VAGUE = re.compile(r"(^|_)(utils?|helpers?|common|base|core|managers?|services?|handlers?|processors?|data|info)(_|$)")
# Private words for what has a standard term: no identifier is one of them.
PRIVATE = re.compile(
    "bell|ring|chore|crew|lane|party|make_good|take_up|hand_back|Fenced|Claimed|House|Given|Station|Doors|Gate|admitted|"
    "Mine|Voice|speak|costly|singles|severals|followers|unbroken|steadily|afterwards|transact|StorageAway|unsure|give_up|"
    "grown|orphans|plant|Nearest|Sheet|Extent|in_step|doubt|unlock|relock|Toolbox"
)
# Written in pieces, so that this file does not name what no file may name.
HOSTS = re.compile(r"//[a-z0-9.-]*(" + "|".join(("py" + "pi", "python" + "hosted", "npm" + "js")) + r")[a-z0-9.-]*/")


FILE_LINES = 300
FOLDER_FILES = 12  # beside __init__.py
# What each node type declares under the same name.
NODE_TYPE_PARTS = {"Config", "Inputs", "Outputs"}


def faults() -> Iterator[str]:
    yield from _drawings()
    yield from _class_names()
    for path in sorted(PACKAGE.rglob("*.py")):
        if "migrations/versions" not in str(path):
            yield from _module(path)
            yield from _names(path)
            yield from _size(path)
    yield from _hosts()


def _drawings() -> Iterator[str]:
    """The packages that the README's two drawings show are those that exist."""
    drawings = re.findall(r"```text\n(.*?)```", _section("Architecture"), re.DOTALL)
    if len(drawings) != 2:
        yield "README.md: “Architecture” must hold two drawings, of the layers and of the features"
        return
    layers = set(re.findall(r"^([a-z_]+(?:/|\.py)(?: [a-z_]+/)*)", drawings[0], re.MULTILINE))
    yield from _compared({name for line in layers for name in line.split()}, PACKAGE)
    features = re.findall(r"^([a-z_]+(?: [a-z_]+)*)", drawings[1], re.MULTILINE)
    yield from _compared({f"{name}/" for line in features for name in line.split()}, PACKAGE / "features")


def _section(title: str) -> str:
    found = re.search(rf"^## {title}\n(.*?)(?=^## )", (ROOT / "README.md").read_text(), re.DOTALL | re.MULTILINE)
    return found[1] if found else ""


def _compared(shown: set[str], folder: Path) -> Iterator[str]:
    there = {f"{path.name}/" for path in folder.iterdir() if path.is_dir() and path.name != "__pycache__"}
    there |= {path.name for path in folder.glob("*.py") if path.name != "__init__.py"}
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


def _class_names() -> Iterator[str]:
    """No two classes share a name."""
    first: dict[str, Path] = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.ClassDef) or (node.name in NODE_TYPE_PARTS and "nodes" in path.parts):
                continue
            if node.name in first:
                yield f"{path.relative_to(ROOT)}: {first[node.name].relative_to(ROOT)} has a class {node.name}, too"
            first.setdefault(node.name, path)


def _size(path: Path) -> Iterator[str]:
    if (lines := len(path.read_text().splitlines())) > FILE_LINES:
        yield f"{path.relative_to(ROOT)}: {lines} lines are more than {FILE_LINES}; which noun is missing?"
    if path.name == "__init__.py" and (files := len(list(path.parent.glob("*.py"))) - 1) > FOLDER_FILES:
        yield f"{path.parent.relative_to(ROOT)}: {files} files are more than {FOLDER_FILES}; which noun is missing?"


def _names(path: Path) -> Iterator[str]:
    with tokenize.open(path) as source:
        for token in tokenize.generate_tokens(source.readline):
            if token.type == tokenize.NAME and PRIVATE.fullmatch(token.string):
                yield f"{path.relative_to(ROOT)}:{token.start[0]}: {token.string} has a standard term; use it"


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
