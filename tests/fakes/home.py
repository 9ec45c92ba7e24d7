"""A database of each kind with two workspaces, as a fixture."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from genai_stack.app import schema
from genai_stack.infra.database.database import Database
from tests.fakes.library import settled


@pytest.fixture(params=["sqlite", "postgresql"])
async def home(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    in_postgresql = request.param == "postgresql"
    opened = Database(request.getfixturevalue("postgres").database()) if in_postgresql else Database.in_folder(tmp_path)
    await schema.migrate(opened)
    yield await settled(opened)
    await opened.close()
