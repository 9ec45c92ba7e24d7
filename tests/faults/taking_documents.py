"""A process that uploads, ingests and deletes until it is killed; its arguments: a database, a folder, a seed."""

import asyncio
import random
import sys
from pathlib import Path

from genai_stack.infra.database.database import Database
from genai_stack.infra.database.scope import THE_WORKSPACE
from genai_stack.integrations.vectors.chroma import ChromaIndex
from genai_stack.integrations.vectors.chroma_child import ChromaChild
from tests.fakes.embedder import WordEmbedder
from tests.fakes.library import base, ended, library_of, upload


async def main(url: str, folder: Path, seed: int) -> None:
    chance = random.Random(seed)
    database = Database(url)
    index = ChromaIndex(ChromaChild(folder / "chroma"))
    async with library_of(database, WordEmbedder(pause=0.01), index) as library:
        print("begun", flush=True)
        while True:
            base_id = await base(library, chunk_size=20, chunk_overlap=0)
            sizes = [chance.choice([300, 20_000, 120_000]) for _ in range(2)]
            files = {f"{size}-{n}.txt": text(chance, size) for n, size in enumerate(sizes)}
            large = {"large.bin": chance.randbytes(3_000_000)}
            for document in await upload(library, base_id, {**files, **large}):
                await ended(library, document.id)
                if chance.random() < 0.5:
                    await library.deletion.delete_document(THE_WORKSPACE, document.id)
            if chance.random() < 0.3:
                await library.deletion.delete_base(THE_WORKSPACE, base_id)


def text(chance: random.Random, size: int) -> bytes:
    return " ".join(f"word{chance.randrange(5000)}" for _ in range(size // 9)).encode()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])))
