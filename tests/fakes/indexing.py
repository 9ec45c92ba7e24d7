"""`python -m tests.fakes.indexing URL BASE…`: a process that brings these knowledge bases' index into step for ever."""

import asyncio
import sys

from genai_stack.features.knowledge.retrieval.index import Index
from genai_stack.infra.database.database import Database
from genai_stack.infra.database.scope import THE_WORKSPACE
from genai_stack.integrations.vectors.pgvector import PgvectorIndex


async def main(url: str, base_ids: list[str]) -> None:
    database = Database(url)
    index = Index(database, PgvectorIndex(database, quick=0))
    print("begun", flush=True)
    while True:
        await asyncio.gather(*(index.refresh(THE_WORKSPACE, base_id) for base_id in base_ids))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2:]))
