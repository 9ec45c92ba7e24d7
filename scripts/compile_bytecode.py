"""Compiles the bytecode of the dependencies and of the package, so that the first start is as fast as the second."""

import compileall
import re
import sys
import sysconfig
from pathlib import Path

# Never imported by a running server: their bytecode would be a fifth of the installation.
SKIPPED = re.compile(r"/(tests?|testing|layout|templates|pip|_pytest)/")


def main() -> None:
    packages = Path(sysconfig.get_paths()["purelib"])
    own = Path(__file__).resolve().parent.parent / "backend"
    for folder in (packages, own):
        compileall.compile_dir(folder, quiet=2, workers=0, rx=SKIPPED)
    sys.stdout.write("bytecode is compiled\n")


main()
