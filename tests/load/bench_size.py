"""What is installed to serve: bytes and packages of a fresh environment made from requirements/runtime.txt."""

import subprocess
import sys
import tempfile
from pathlib import Path

from tests.load.table import Table

ROOT = Path(__file__).resolve().parent.parent.parent
UV = ROOT / ".tools/bin/uv"


def measured(folder: Path) -> tuple[int, int]:
    """Bytes and packages."""
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    return size, len(list(folder.rglob("*.dist-info")))


def main() -> None:
    table = Table("Installed", "reached", "reach")
    with tempfile.TemporaryDirectory() as name:
        fresh = Path(name) / "venv"
        python = str(fresh / "bin/python")
        subprocess.run([UV, "venv", "-q", "--python", sys.executable, fresh], check=True)
        wanted = ["--no-deps", "--require-hashes", "-r", ROOT / "requirements/runtime.txt"]
        subprocess.run([UV, "pip", "install", "-q", "--python", python, *wanted], check=True)
        size, packages = measured(fresh)
        table.row("size of the environment", f"{size / 1e6:.0f} MB", "≤ 600 MB")
        table.row("Python packages", str(packages), "≤ 130")
        subprocess.run([python, ROOT / "scripts/compile_bytecode.py"], check=True, capture_output=True)
        table.row("size with compiled bytecode", f"{measured(fresh)[0] / 1e6:.0f} MB", "")
    table.print()


if __name__ == "__main__":
    main()
