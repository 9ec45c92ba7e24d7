"""A database in a folder of its own, with two workspaces."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.fakes.library import made

from genai_stack.storage.database import Database


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    opened = await made(tmp_path)
    yield opened
    await opened.close()
