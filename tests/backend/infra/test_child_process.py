"""Child processes are started in one way, and nothing around them is theirs."""

import os
import re
from pathlib import Path

import pytest

import genai_stack
from genai_stack.infra.child_process import python_module, start_child
from genai_stack.integrations.embedding.local import LocalEmbedder
from genai_stack.integrations.parsing.pages import ReadingLimits
from genai_stack.integrations.parsing.pdf.pdf import PdfDocument
from tests.documents import pdfs

PACKAGE = Path(genai_stack.__file__).parent
STARTS = re.compile(
    r"create_subprocess|subprocess\.(run|Popen|call|check)|os\.(system|popen|exec|spawn|fork)|multiprocessing"
)


def test_nothing_else_starts_a_process() -> None:
    found = {str(path.relative_to(PACKAGE)) for path in PACKAGE.rglob("*.py") if STARTS.search(path.read_text())}
    assert found == {"infra/child_process.py"}


async def test_a_child_has_no_environment_and_no_directory_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GENAI_STACK_TOKEN", "secret")
    code = "import os, sys; print(sorted(os.environ), os.getcwd(), sys.path[0] in ('', os.getcwd()))"
    process = await start_child((*python_module("x")[:2], "-c", code))
    said, _ = await process.communicate()
    assert b"secret" not in said
    assert b"GENAI" not in said
    assert b" / False" in said


async def test_a_downloaded_folder_runs_no_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The working directory of the server may be anything, such as a folder that somebody unpacked."""
    ran = tmp_path / "ran"
    for name in ("json", "re", "struct", "threading", "pymupdf", "numpy", "genai_stack"):
        (tmp_path / f"{name}.py").write_text(f"open({str(ran)!r}, 'a').write({name!r})\nraise SystemExit(3)\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    async with PdfDocument.opened(pdfs.with_pages(["Words on a page."]), ReadingLimits()) as document:
        assert [page.text.strip() async for page in document.pages()] == ["Words on a page."]
    embedder = LocalEmbedder(threads=1)
    assert len(await embedder.embed(["a"], purpose="query")) == 1
    await embedder.close()
    assert not ran.exists()
    assert os.environ["PYTHONPATH"]
