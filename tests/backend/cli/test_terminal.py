"""What the command line shows commands no terminal, and it has one way out."""

import ast
from pathlib import Path

import pytest

import genai_stack.cli
from genai_stack.cli import terminal

HOSTILE = (
    "\x1b[2J\x1b]0;title\x07", "\x1b]52;c;ZWNobw==\x1b\\", "\x9b31m", "\rover", "\x08\x08", "\u202egnp.exe", "\u2066a\u2069",
    "\ud800", "\x00", "\x7f",
)  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("style", [None, "red"])
def test_no_command_reaches_the_terminal(text: str, style: str | None, capsys: pytest.CaptureFixture[str]) -> None:
    terminal.write(text)
    terminal.note(text, style)
    for said in capsys.readouterr():
        assert "\ufffd" in said
        assert not set(said) & set("\x1b\x9b\x07\x08\r\x00\x7f\u202e\u2066\u2069\ud800")


def test_text_is_shown_as_it_is() -> None:
    text = "Zwei Zeilen,\r\n\tund [red]kein Rich[/red] — 漢字, עברית, 👩\u200d💻"
    assert terminal.shown(text) == text.replace("\r\n", "\n")


def test_markup_is_text(capsys: pytest.CaptureFixture[str]) -> None:
    terminal.note("[bold]not bold[/bold] [link=https://x.example]here[/link]", "dim")
    assert "[bold]not bold[/bold] [link=https://x.example]here[/link]" in capsys.readouterr().err.replace("\n", " ")


def test_the_command_line_writes_through_this_module_only() -> None:
    folder = Path(genai_stack.cli.__file__).parent
    for path in folder.glob("*.py"):
        if path.name != "terminal.py":
            source = path.read_text()
            names = {node.id for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Name)}
            assert "print" not in names, path
            assert "rich" not in source, path
            assert "stdout.write" not in source, path
            assert "stderr.write" not in source, path
