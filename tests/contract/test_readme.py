"""What the README says is so: its example of a node type runs, and its table of settings is complete."""

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

from genai_stack import nodes
from genai_stack.engine.catalog import Catalog, node_types_in
from genai_stack.engine.execution import Execution
from genai_stack.engine.graph import Graph
from genai_stack.engine.plan import Plan
from genai_stack.engine.validate import validate
from genai_stack.nodes.context import NodeContext
from tests.load.bench_engine import MemoryLog

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
