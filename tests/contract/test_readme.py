"""What the README says is so: its example of a node type runs, and its table of settings is complete."""

import importlib.util
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from genai_stack import nodes
from genai_stack.engine.catalog import Catalog, node_types_in
from genai_stack.engine.execution.execution import Execution
from genai_stack.engine.graph import Graph
from genai_stack.engine.plan import Plan
from genai_stack.engine.validate import validate
from genai_stack.nodes.context import NodeContext
from tests.documents import pdfs
from tests.load.bench_engine import MemoryLog
from tests.support.server import Server

ROOT = Path(__file__).resolve().parent.parent.parent
README = (ROOT / "README.md").read_text()


async def test_the_example_of_a_node_type_can_be_copied_and_runs(tmp_path: Path) -> None:
    source = re.search(r"`shout\.py`:\n\n```python\n(.*?)```", README, re.DOTALL)
    assert source is not None
    file = tmp_path / "shout.py"
    file.write_text(source[1])
    spec = importlib.util.spec_from_file_location("shout", file)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules["shout"] = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
        catalog = Catalog([*(type(one) for one in Catalog.of(nodes)), *node_types_in(module)])
        graph = Graph.model_validate(
            {
                "nodes": [
                    {"id": "q", "type": "query"},
                    {"id": "s", "type": "shout", "data": {"config": {"marks": 2}}},
                    {"id": "o", "type": "output"},
                ],
                "edges": [
                    {"id": "1", "source": "q", "sourceHandle": "text", "target": "s", "targetHandle": "text"},
                    {"id": "2", "source": "s", "sourceHandle": "loud", "target": "o", "targetHandle": "answer"},
                ],
            }
        )
        assert validate(graph, catalog) == []

        def tools(output: object, step: object) -> NodeContext:
            del step
            return NodeContext("hello", output, None, None, None, None)  # type: ignore[arg-type]

        outcome = await Execution(Plan(graph, catalog), MemoryLog(), tools).run()
        assert outcome.answer == "HELLO!!"
    finally:
        del sys.modules["shout"]


def test_the_table_of_settings_is_the_settings_class() -> None:
    table = subprocess.run(
        [sys.executable, "scripts/settings_table.py"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    assert table in README


def test_the_three_lines_answer_from_the_readers_own_pdf(new_server: Callable[..., Server], tmp_path: Path) -> None:
    """They are run as they stand, in one go, so that the question comes while the PDF is still being read."""
    found = re.search(r"in three lines\..*?```sh\n(.*?)```", README, re.DOTALL)
    assert found
    pages = [f"The heron of canal {number} nests on the red crane. {pdfs.PROSE * 20}" for number in range(1, 21)]
    (tmp_path / "your.pdf").write_bytes(pdfs.with_pages(pages))
    server = new_server().start()
    lines = found[1].replace("http://127.0.0.1:8000", server.url)
    lines = lines.replace("What is it about?", "Where does the heron nest?")
    said = subprocess.run(["bash", "-c", lines], cwd=tmp_path, capture_output=True, text=True, timeout=120, check=True)
    events = said.stdout[said.stdout.index("event:") :]
    assert "Waiting for 1 document to be read" in events
    assert "nests on the red crane" in events
    assert "about-genai-stack.md" not in events
