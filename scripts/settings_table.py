"""Prints the README's table of settings from the settings class; `--write` puts it into the README."""

import re
import sys
from pathlib import Path

from genai_stack.app.settings import PREFIX, Settings

README = Path(__file__).resolve().parent.parent / "README.md"
PLACE = re.compile(r"(<!-- settings: [^\n]* -->\n)(.*?)(?=\n## )", re.DOTALL)


def table() -> str:
    rows = ["| setting | default | meaning |", "| --- | --- | --- |"]
    for name, field in Settings.model_fields.items():
        default = field.get_default()
        shown = "" if default in (None, ()) else f"`{str(default).lower() if isinstance(default, bool) else default}`"
        rows.append(f"| `{PREFIX}{name.upper()}` | {shown} | {field.description} |")
    return "\n".join(rows) + "\n"


if __name__ == "__main__":
    if "--write" in sys.argv:
        README.write_text(PLACE.sub(lambda found: found[1] + table(), README.read_text()))
    else:
        sys.stdout.write(table())
