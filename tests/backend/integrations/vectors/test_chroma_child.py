"""The Chroma server that is kept running: killed, robbed of its folder, shut out of it, given a broken one."""

import asyncio
import os
import random
import shutil
import signal
import stat
import struct
import sys
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from uuid import uuid4

import aiohttp
import psutil
import pytest
from aiohttp import web

from genai_stack.errors import Busy
from genai_stack.integrations.vectors.chroma import COLLECTIONS_PATH, ChromaIndex
from genai_stack.integrations.vectors.chroma_child import ChromaChild
from genai_stack.integrations.vectors.chroma_url import ChromaUrl
from genai_stack.integrations.vectors.vector_store import Held


def vector(seed: int) -> bytes:
    dice = random.Random(seed)
    return struct.pack("<8f", *(dice.gauss(0, 1) for _ in range(8)))


@pytest.fixture
async def child(tmp_path: Path) -> AsyncIterator[ChromaChild]:
    made = ChromaChild(tmp_path / "chroma", pause=0.02)
    yield made
    await made.close()


async def within(seconds: float, what: str, holds: Callable[[], bool]) -> None:
    until = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < until, what
        await asyncio.sleep(0.02)


async def filled(child: ChromaChild) -> ChromaIndex:
    index = ChromaIndex(child)
    await index.add("base", ["a", "b"], [vector(1), vector(2)], ["d", "d"])
    await index.mark("base", 3)
    return index


async def test_a_search_before_the_start_is_refused_at_once_and_starts_it(child: ChromaChild) -> None:
    index = ChromaIndex(child)
    with pytest.raises(Busy, match="not ready"):
        await index.search("base", vector(1), 1)
    await within(20, "it was not started", lambda: index.ready)
    assert await index.search("base", vector(1), 1) == []
    await index.close()


async def test_a_killed_server_comes_back_as_a_new_generation_and_holds_what_it_held(child: ChromaChild) -> None:
    index = await filled(child)
    generation, pid = index.generation, child.pid
    assert pid
    os.kill(pid, signal.SIGKILL)
    await within(5, "the death was not seen", lambda: not index.ready or index.generation > generation)
    assert await index.held("base") == Held(3, 2)
    assert index.generation == generation + 1
    assert [hit.id for hit in await index.search("base", vector(2), 1)] == ["b"]
    await index.close()


async def test_a_removed_folder_is_seen_before_the_next_search(child: ChromaChild, tmp_path: Path) -> None:
    index = await filled(child)
    generation = index.generation
    shutil.rmtree(tmp_path / "chroma")
    with pytest.raises(Busy, match="removed or exchanged"):
        await index.search("base", vector(1), 1)
    assert await index.held("base") is None
    assert index.generation > generation
    await index.close()


async def test_a_damaged_folder_is_given_up_for_an_empty_one(tmp_path: Path) -> None:
    folder = tmp_path / "chroma"
    folder.mkdir()
    (folder / "chroma.sqlite3").write_bytes(b"no database " * 1000)
    child = ChromaChild(folder, pause=0.02)
    index = ChromaIndex(child)
    assert await index.held("base") is None
    await index.add("base", ["a"], [vector(1)], ["d"])
    await index.close()


async def test_a_server_that_keeps_failing_loses_its_folder(child: ChromaChild) -> None:
    index = await filled(child)
    for _ in range(2):
        await child.started()
        child.suspect(damaged=True)
        assert not index.ready
    assert await index.held("base") is None
    await index.close()


async def test_a_second_server_is_kept_from_the_folder_and_says_so(child: ChromaChild, tmp_path: Path) -> None:
    index = await filled(child)
    second = ChromaChild(tmp_path / "chroma", pause=0.02, ready_within=4.5)
    with pytest.raises(Busy, match="Another process uses its folder"):
        await second.started()
    await second.close()
    assert await index.held("base") == Held(3, 2)
    await index.close()


async def test_the_server_listens_where_nobody_else_can_connect(child: ChromaChild, tmp_path: Path) -> None:
    index, name = ChromaIndex(child), str(uuid4())
    await index.take(name, None)
    [way_in] = tmp_path.glob("chroma.*.socket")
    assert stat.S_IMODE(way_in.stat().st_mode) & 0o077 == 0
    path = f"{COLLECTIONS_PATH}/{name}"
    ours = await said(f"http://x{path}", aiohttp.UnixConnector(os.path.relpath(way_in)))
    assert name in ours
    listening = {row.laddr.port for row in psutil.net_connections("tcp") if row.status == psutil.CONN_LISTEN}
    assert ours not in [await said(f"http://127.0.0.1:{port}{path}") for port in listening]
    await index.close()


async def said(url: str, connector: aiohttp.BaseConnector | None = None) -> str:
    """The body of an answer; empty without one."""
    try:
        async with (
            aiohttp.ClientSession(connector=connector) as session,
            asyncio.timeout(5),
            session.get(url) as answer,
        ):
            return await answer.text()
    except (aiohttp.ClientError, TimeoutError, UnicodeDecodeError):
        return ""


async def test_where_no_process_may_have_its_own_network_none_is_started(tmp_path: Path) -> None:
    code = f"""
import asyncio, pathlib
from genai_stack.errors import Busy
from genai_stack.integrations.vectors.chroma import ChromaIndex
from genai_stack.integrations.vectors.chroma_child import ChromaChild
async def main():
    index = ChromaIndex(ChromaChild(pathlib.Path({str(tmp_path / "chroma")!r})))
    try:
        await index.held("base")
    except Busy as error:
        print(error.message, index.worth_from > 10**9, await index.may_hold("base"))
    await index.close()
asyncio.run(main())
"""
    without_namespaces = 'echo 0 > /proc/sys/user/max_user_namespaces; exec "$0" -c "$1"'
    command = ("unshare", "--user", "--map-root-user", "sh", "-c", without_namespaces, sys.executable, code)
    asked = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    said = (await asked.communicate())[0].decode()
    assert "user namespaces" in said
    assert "GENAI_STACK_CHROMA_URL" in said
    assert said.strip().endswith("True False")


async def test_dropped_collections_leave_no_files(child: ChromaChild, tmp_path: Path) -> None:
    index = await filled(child)
    folders = [path for path in (tmp_path / "chroma").iterdir() if path.is_dir()]
    assert folders
    await index.drop("base")
    assert not any(path.exists() for path in folders)
    await index.add("base", ["a"], [vector(1)], ["d"])
    assert [hit.id for hit in await index.search("base", vector(1), 1)] == ["a"]
    await index.close()


async def test_what_was_held_is_there_after_a_restart_of_the_whole(child: ChromaChild, tmp_path: Path) -> None:
    index = await filled(child)
    await index.close()
    again = ChromaIndex(ChromaChild(tmp_path / "chroma"))
    assert await again.held("base") == Held(3, 2)
    await again.close()


async def test_closing_ends_the_server(child: ChromaChild) -> None:
    index = await filled(child)
    pid = child.pid
    assert pid
    await index.close()
    assert not psutil.pid_exists(pid)
    child.start()
    assert child.pid is None


async def test_the_server_ends_with_a_parent_that_was_killed(tmp_path: Path) -> None:
    code = f"""
import asyncio, pathlib
from genai_stack.integrations.vectors.chroma_child import ChromaChild
from genai_stack.integrations.vectors.chroma_url import ChromaUrl
async def main():
    child = ChromaChild(pathlib.Path({str(tmp_path / "chroma")!r}))
    await child.started()
    print(child.pid, flush=True)
    await asyncio.sleep(60)
asyncio.run(main())
"""
    parent = await asyncio.create_subprocess_exec(sys.executable, "-c", code, stdout=asyncio.subprocess.PIPE)
    assert parent.stdout
    pid = int(await parent.stdout.readline())
    parent.kill()
    await parent.wait()
    await within(5, "the server outlived its parent", lambda: not psutil.pid_exists(pid))


async def test_a_server_by_url_that_fails_is_a_new_generation(tmp_path: Path) -> None:
    async def fail(_: web.Request) -> web.Response:
        return web.Response(status=500)

    app = web.Application()
    app.router.add_route("*", COLLECTIONS_PATH + "/{name}", fail)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    index = ChromaIndex(ChromaUrl(f"http://127.0.0.1:{runner.addresses[0][1]}"))
    with pytest.raises(Busy, match="500"):
        await index.search("base", vector(1), 1)
    assert index.generation == 2
    await runner.cleanup()
    with pytest.raises(Busy, match="did not answer"):
        await index.search("base", vector(1), 1)
    assert index.generation == 3
    await index.close()


async def test_the_api_process_imports_no_chroma() -> None:
    code = """
import sys, genai_stack.integrations.vectors.chroma_child, genai_stack.integrations.vectors.chroma
print([name for name in sys.modules if name.startswith("chromadb")])
"""
    asked = await asyncio.create_subprocess_exec(sys.executable, "-c", code, stdout=asyncio.subprocess.PIPE)
    assert (await asked.communicate())[0].strip() == b"[]"
