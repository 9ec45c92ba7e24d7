"""A table of results, as docs/performance.md shows it."""


class Table:
    """`columns` are those behind the first, which names the row."""

    def __init__(self, title: str, *columns: str) -> None:
        self.lines = [f"\n**{title}**\n", "| | " + " | ".join(columns) + " |", "| --- |" + " --- |" * len(columns)]

    def row(self, name: str, *cells: object) -> None:
        self.lines.append(f"| {name} | " + " | ".join(str(cell) for cell in cells) + " |")

    def print(self) -> None:
        print("\n".join(self.lines), flush=True)
