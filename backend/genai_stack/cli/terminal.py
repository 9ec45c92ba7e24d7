"""The command line's output: whatever it shows is text, never a command to the terminal."""

import re
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress

# Control characters but for tab and line feed, signs that change the direction of text, and what no terminal encodes.
_COMMANDS = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)


def shown(text: str) -> str:
    """`text` with U+FFFD for each character that would command a terminal."""
    return _COMMANDS.sub("\ufffd", text.replace("\r\n", "\n"))


def write(text: str, *, end: str = "\n") -> None:
    """To standard output: what was asked for."""
    print(shown(text), end=end, flush=True)


def note(text: str, style: str | None = None) -> None:
    """To standard error: all else. `style` is Rich's."""
    if style is None:
        print(shown(text), file=sys.stderr)
        return
    from rich.console import Console  # noqa: PLC0415 (a tenth of a second that a server does not need)

    Console(stderr=True, highlight=False).print(shown(text), style=style, markup=False)


def progress_bars() -> "Progress":
    """Bars on standard error; their descriptions have to go through `shown`."""
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn  # noqa: PLC0415

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TaskProgressColumn())
    return Progress(*columns, console=Console(stderr=True), transient=True)
