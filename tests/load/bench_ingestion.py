"""A PDF to `ready`: what it takes over what reading and embedding cost alone."""

import asyncio
import os
import random
import tempfile
import time
from pathlib import Path
from typing import Any

from genai_stack.app import schema
from genai_stack.infra.database.database import Database
from genai_stack.integrations.embedding.local import LocalEmbedder
from genai_stack.integrations.parsing import passages, reading
from genai_stack.integrations.parsing.pages import ReadingLimits
from genai_stack.integrations.vectors.chroma import ChromaIndex
from genai_stack.integrations.vectors.chroma_child import ChromaChild
from tests.fakes.library import base, library_of, ready, settled
from tests.load.table import Table

PAGES = int(os.environ.get("GENAI_STACK_BENCH_PAGES", "300"))
WORDS = 250  # on a page


def prose(pages: int) -> bytes:
    import pymupdf

    chance = random.Random(1)
    syllables = ("ba", "do", "ke", "li", "mu", "na", "po", "ri", "sa", "tu")
    words = ["".join(chance.choices(syllables, k=chance.randint(1, 4))) for _ in range(4000)]
    document: Any = pymupdf.open()
    for _ in range(pages):
        text = " ".join(chance.choices(words, k=WORDS)) + "."
        document.new_page().insert_textbox(pymupdf.Rect(50, 50, 550, 800), text, fontsize=9)
    return document.tobytes()


async def measured(folder: Path, pages: int) -> list[tuple[str, str]]:
    content = prose(pages)
    embedder = LocalEmbedder()
    await embedder.embed(["warm"], purpose="query")
    began = time.perf_counter()
    async with reading.opened(content, "bench.pdf", ReadingLimits()) as document:
        read = [page async for page in document.pages()]
    extraction = time.perf_counter() - began
    texts = [passage.text for passage in passages.cut(read)]
    began = time.perf_counter()
    await embedder.embed(texts, purpose="passage")
    embedding = time.perf_counter() - began
    database = Database.in_folder(folder)
    await schema.migrate(database)
    await settled(database)
    async with library_of(database, embedder, ChromaIndex(ChromaChild(folder / "chroma"))) as library:
        base_id = await base(library)
        late = asyncio.create_task(_latest())
        began = time.perf_counter()
        await ready(library, base_id, {"bench.pdf": content}, within=1000)
        whole = time.perf_counter() - began
        late.cancel()
    await database.close()
    await embedder.close()
    return [
        ("pages · passages", f"{pages} · {len(texts)}"),
        ("reading alone", f"{extraction:.2f} s"),
        ("embedding alone", f"{embedding:.2f} s"),
        ("to `ready`", f"{whole:.2f} s"),
        ("over both alone", f"{whole / (extraction + embedding):.2f}×"),
        ("the loop's longest wait meanwhile", f"{max(WAITS, default=0) * 1000:.0f} ms"),
    ]


WAITS: list[float] = []


async def _latest() -> None:
    while True:
        began = time.perf_counter()
        await asyncio.sleep(0.005)
        WAITS.append(time.perf_counter() - began - 0.005)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        rows = asyncio.run(measured(Path(folder), PAGES))
    table = Table("PDF to `ready`", "reached")
    for name, reached in rows:
        table.row(name, reached)
    table.print()


if __name__ == "__main__":
    main()
