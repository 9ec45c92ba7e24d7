"""Graphs that were saved by any release still open go on running."""

import json
from pathlib import Path

import httpx2
import pytest

from tests.support import talk
from tests.support.talk import V1

GRAPHS = {path.stem: json.loads(path.read_text()) for path in (Path(__file__).parent / "graphs").glob("*.json")}


@pytest.mark.parametrize("release", GRAPHS)
async def test_a_saved_graph_is_kept_valid_and_runs(client: httpx2.AsyncClient, release: str) -> None:
    saved = GRAPHS[release]
    made = await client.post(f"{V1}/workflows", json={"name": release, "configuration": saved})
    assert made.json()["configuration"] == saved
    assert made.json()["problems"] == []
    run = await talk.asked(client, made.json()["id"], "What is this?")
    assert run["status"] == "succeeded"
    assert [node["status"] for node in run["nodes"]] == ["succeeded"] * len(saved["nodes"])
