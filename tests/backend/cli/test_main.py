"""The command line, as a person uses it."""

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import httpx2
import pytest

from genai_stack.features.workflows.templates import documents_stack
from tests.support.server import Server

HEAVY = ("aiohttp.client", "chromadb", "google.genai", "anthropic", "pymupdf", "numpy", "psycopg", "procrastinate")


def genai_stack(*arguments: object, stdin: str = "") -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-c", "from genai_stack.cli.main import main; main()", *map(str, arguments)]
    return subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=90, check=False)


@pytest.fixture
def graph(tmp_path: Path) -> Path:
    file = tmp_path / "stack.json"
    file.write_text(json.dumps(documents_stack()))
    return file


def test_a_graph_that_can_run_is_valid(graph: Path) -> None:
    done = genai_stack("validate", graph)
    assert (done.returncode, done.stderr) == (0, "")
    assert "can run: 4 nodes, 4 edges" in done.stdout


def test_problems_are_told_in_sentences(graph: Path) -> None:
    broken = json.loads(graph.read_text())
    broken["edges"].pop()
    graph.write_text(json.dumps({"name": "exported", "configuration": broken}))
    done = genai_stack("validate", graph)
    assert done.returncode == 1
    assert "“Output” needs text or documents at “Answer”. Connect an output to it." in done.stdout


@pytest.mark.parametrize("content", ["", "[]", "{", '{"nodes": 1}', "\x00"])
def test_a_file_that_holds_no_graph_is_refused_with_a_sentence(tmp_path: Path, content: str) -> None:
    file = tmp_path / "bad.json"
    file.write_text(content)
    done = genai_stack("validate", file)
    assert done.returncode == 2
    assert done.stderr.startswith("genai-stack: ")
    assert "Traceback" not in done.stderr


def test_a_file_that_is_not_there_is_refused_with_a_sentence(tmp_path: Path) -> None:
    done = genai_stack("run", tmp_path / "none.json", "--query", "Hello?")
    assert (done.returncode, done.stderr) == (
        2,
        f"genai-stack: {tmp_path / 'none.json'} cannot be read: No such file or directory.\n",
    )


def test_run_answers_out_of_a_document_and_names_its_source(graph: Path, tmp_path: Path) -> None:
    document = tmp_path / "rules.md"
    document.write_text("# Refunds\n\nA refund is paid within fourteen days of the return of the goods.\n")
    done = genai_stack("run", graph, "--query", "When is a refund paid?", "--document", document)
    assert done.returncode == 0, done.stderr
    assert "within fourteen days" in done.stdout
    assert "[1] rules.md" in done.stderr


def test_run_says_why_a_document_cannot_be_read(graph: Path, tmp_path: Path) -> None:
    document = tmp_path / "broken.pdf"
    document.write_bytes(b"%PDF-1.7\nnothing more")
    done = genai_stack("run", graph, "--query", "When?", "--document", document)
    assert done.returncode == 2
    assert "broken.pdf" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_second_server_on_a_data_directory_is_refused(new_server) -> None:
    first = new_server("one").start()
    second = Server(first.data.parent)
    code, said = second.refused()
    assert code == 2
    assert "Another GenAI Stack server is using the data directory" in said


def test_rotating_keys_keeps_every_credential_readable(new_server) -> None:
    server = new_server("keys").start()
    address = "http://127.0.0.1:9/v1"
    body = {"provider": "openai_compatible", "name": "mine", "secret": "sk-abcdefghijklmnop", "base_url": address}
    made = httpx2.post(f"{server.url}/api/v1/credentials", json=body).json()
    server.stop()
    key = server.data / "secret.key"
    before = key.read_text()
    done = genai_stack("keys", "rotate", "--data", server.data)
    assert done.returncode == 0, done.stderr
    assert key.read_text() != before
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    server.start()
    changed = httpx2.get(f"{server.url}/api/v1/credentials").json()["items"]
    assert changed == [made]
    # A key that could not be read would be told as SECRET_UNREADABLE before the provider is asked.
    tested = httpx2.post(f"{server.url}/api/v1/credentials/{made['id']}/test").json()
    assert tested["ok"] is False
    assert "key" not in tested["message"].lower()


def test_a_wrong_secret_key_is_told(new_server) -> None:
    code, said = new_server("wrong", secret_key="not-a-key").refused()
    assert code == 2
    assert "The secret key is not a Fernet key" in said


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [("PORT", "many", "GENAI_STACK_PORT is not valid"), ("PROT", "8000", "Unknown setting: GENAI_STACK_PROT")],
)
def test_a_setting_that_does_not_fit_is_told(name: str, value: str, told: str) -> None:
    environment = os.environ | {f"GENAI_STACK_{name}": value}
    command = [sys.executable, "-c", "from genai_stack.cli.main import main; main()", "serve"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert told in done.stderr


def test_starting_imports_no_heavy_library() -> None:
    code = (
        "import sys; from genai_stack.infra.deferred_import import defer_import; defer_import('aiohttp');"
        f"import genai_stack.app.server; print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "[]"
