"""Embeds the example's document with the local embedder and writes what ships with the package."""

import asyncio
import base64
from pathlib import Path

import msgspec

from genai_stack.features.knowledge import example
from genai_stack.features.knowledge.ingestion.reader import Reader
from genai_stack.integrations.embedding.embedder import Embedder
from genai_stack.integrations.embedding.local import LocalEmbedder
from genai_stack.integrations.embedding.minilm_graph import DIMENSIONS
from genai_stack.integrations.parsing.pages import ReadingLimits
from genai_stack.integrations.parsing.passages import CHUNK_WORDS, OVERLAP_WORDS

SHIPPED = Path(example.__file__).parent / "shipped" / example.VECTORS


async def made(embedder: Embedder) -> example.ReadyMade:
    reader = Reader(example.original(), example.FILENAME, ReadingLimits(), size=CHUNK_WORDS, overlap=OVERLAP_WORDS)
    async with reader.reading():
        texts = [hashed.passage.text for hashed in await reader.batch(1000)]
    vectors = await embedder.embed(texts, purpose="passage")
    return example.ReadyMade(
        fingerprint=await embedder.fingerprint(),
        dimensions=DIMENSIONS,
        title=reader.metadata()["title"],
        passages=[
            example.ReadyPassage(text, base64.b64encode(vector).decode())
            for text, vector in zip(texts, vectors, strict=True)
        ],
    )


async def main() -> None:
    embedder = LocalEmbedder()
    try:
        ready = await made(embedder)
    finally:
        await embedder.close()
    SHIPPED.write_bytes(msgspec.json.format(msgspec.json.encode(ready), indent=1) + b"\n")
    print(f"{SHIPPED}: {len(ready.passages)} passages, {SHIPPED.stat().st_size:,} bytes")


if __name__ == "__main__":
    asyncio.run(main())
