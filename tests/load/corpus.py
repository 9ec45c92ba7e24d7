"""Real passages, from what is installed: the docstrings and descriptions of packages, cut as documents are."""

import ast
import contextlib
import random
import sysconfig
from collections.abc import Iterator
from pathlib import Path

from genai_stack.integrations.parsing.pages import ParsedPage
from genai_stack.integrations.parsing.passages import cut

FEWEST_WORDS = 60


def real_passages(count: int) -> list[str]:
    """So many different ones, in the same order in the same environment."""
    found: dict[str, str] = {}
    for text in _texts():
        for passage in cut([ParsedPage(None, text)]):
            if len(passage.text.split()) >= FEWEST_WORDS:
                found.setdefault(passage.text[:200], passage.text)
    assert len(found) >= count, f"only {len(found)} passages are installed here"
    return random.Random(7).sample(list(found.values()), count)


def _texts() -> Iterator[str]:
    paths = sysconfig.get_paths()
    for path in sorted(Path(paths["purelib"]).glob("*.dist-info/METADATA")):
        yield path.read_text(errors="replace")
    for folder in (paths["stdlib"], paths["purelib"]):
        for path in sorted(Path(folder).rglob("*.py")):
            with contextlib.suppress(SyntaxError, ValueError):
                yield "\n\n".join(_docstrings(ast.parse(path.read_text(errors="replace"))))


def _docstrings(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            told = ast.get_docstring(node)
            if told and len(told) > 200:
                yield told
