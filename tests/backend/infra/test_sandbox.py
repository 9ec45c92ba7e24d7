"""What a confined process may do, tried in real processes by the real kernel."""

import asyncio
import json
import sys
from pathlib import Path

import pytest

from genai_stack.infra import sandbox
from genai_stack.infra.child_process import start_child

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Landlock and seccomp are Linux's")

TRIES = """
import ctypes, json, os, socket, subprocess, sys, threading
from pathlib import Path
from genai_stack.infra.sandbox import confine
secret, readable, folder, network = json.loads(sys.argv[1])
tries = {
    "read": lambda: open(secret).read(),
    "read allowed": lambda: open(readable).read(),
    "write": lambda: open("/tmp/written-by-a-confined-child", "w"),
    "write in folder": lambda: open(folder + "/file", "w").close(),
    "remove": lambda: os.unlink(secret),
    "socket": lambda: socket.socket().close(),
    "unix socket": lambda: socket.socket(socket.AF_UNIX).close(),
    "program": lambda: subprocess.run(["/bin/true"], check=True),
    "fork": lambda: os._exit(0) if os.fork() == 0 else os.wait(),
    "exec": lambda: os.execv("/bin/true", ["true"]),
    "kill": lambda: os.kill(os.getppid(), 0),
    "thread": lambda: (lambda thread: (thread.start(), thread.join()))(threading.Thread(target=list)),
}
confine(readable=[Path(readable)], folder=Path(folder) if folder else None, network=network)
for name, attempt in tries.items():
    try:
        attempt()
        result = "done"
    except (OSError, RuntimeError) as error:
        result = "refused"
    print(json.dumps([name, result]), flush=True)
"""


async def tried(tmp_path: Path, *, folder: bool = False, network: bool = False) -> dict[str, str]:
    secret, readable, own = tmp_path / "secret", tmp_path / "readable", tmp_path / "own"
    secret.write_text("s")
    readable.write_text("r")
    own.mkdir()
    given = json.dumps([str(secret), str(readable), str(own) if folder else "", network])
    process = await start_child((sys.executable, "-I", "-c", TRIES, given))
    said, _ = await process.communicate()
    assert secret.exists()
    return dict(json.loads(line) for line in said.splitlines())


async def test_a_confined_process_reads_one_file_and_nothing_more(tmp_path: Path) -> None:
    assert sandbox.missing() is None, "the machine that runs the tests must have Landlock"
    results = await tried(tmp_path)
    assert {name for name, result in results.items() if result == "done"} == {"read allowed", "thread"}
    assert len(results) == 12
    assert not Path("/tmp/written-by-a-confined-child").exists()


async def test_a_folder_and_the_network_are_given_on_request(tmp_path: Path) -> None:
    results = await tried(tmp_path, folder=True, network=True)
    done = {name for name, result in results.items() if result == "done"}
    assert done == {"read allowed", "thread", "write in folder", "socket", "unix socket"}


async def test_the_parent_cannot_be_read_by_others_of_its_user() -> None:
    code = "from genai_stack.infra.sandbox import protect_process as p; p(); import sys; print(1, flush=True); sys.stdin.read()"
    process = await start_child((sys.executable, "-I", "-c", code))
    assert process.stdout is not None
    assert await process.stdout.readline() == b"1\n"
    assert not Path(f"/proc/{process.pid}/status").read_text().count("CoreDumping:\t1")
    owner = Path(f"/proc/{process.pid}/mem").stat().st_uid
    assert owner == 0
    process.kill()
    await asyncio.wait_for(process.wait(), 10)
