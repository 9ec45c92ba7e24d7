"""A database of each kind in which the workspace is there."""

import pytest

from genai_stack.infra.database.database import Database
from tests.fakes.library import settled


@pytest.fixture
async def database(database: Database) -> Database:
    return await settled(database)
