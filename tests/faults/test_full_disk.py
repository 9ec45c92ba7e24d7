"""A data directory on a disk of 32 MB that fills up."""

import asyncio
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from tests.support import graphs, talk
from tests.support.server import Server
from tests.support.talk import V1

pytestmark = pytest.mark.fault

SIZE = 32  # MB


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own; only root may mount one."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = (
        os.geteuid() == 0
        and not subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={SIZE}m", "tmpfs", place], capture_output=True, check=False
        ).returncode
    )
    if not mounted:
        if os.environ.get("CI"):
            pytest.fail("No file system can be mounted here, which the test of a full disk needs: run it as root.")
        pytest.skip("THE TEST OF A FULL DISK IS LEFT OUT: no file system can be mounted here.")
    yield place
    subprocess.run(["umount", "--lazy", place], check=True)


async def test_a_full_disk_is_told_and_not_suffered(disk: Path) -> None:
    server = Server(disk).start()
    try:
        async with server.client() as client:
            workflow = await talk.saved(client, graphs.echo())
            await talk.asked(client, workflow, "before")
            ballast = disk / "ballast"
            _fill(ballast)
            refused = await _until_refused(client, workflow)
            assert (refused.status_code, refused.json()["code"]) == (507, "STORAGE_FULL")
            assert "Free some" in refused.json()["detail"]
            assert refused.headers["retry-after"]
            upload = await client.post(
                f"{V1}/workflows/{workflow}/documents", files=[("file", ("large.txt", b"word " * 500_000))]
            )
            assert upload.status_code == 507
            assert (await client.get(f"{V1}/workflows/{workflow}/runs")).status_code == 200
            assert (await client.get("/healthz")).status_code == 200
            ballast.unlink()
            await asyncio.sleep(0.1)
            assert (await talk.asked(client, workflow, "after"))["answer"] == "after"
            documents = (await client.get(f"{V1}/workflows/{workflow}/documents")).json()
            assert documents["total"] == 0
            for run in (await client.get(f"{V1}/workflows/{workflow}/runs", params={"limit": 500})).json()["items"]:
                assert (await talk.ended(client, run["id"]))["status"] == "succeeded"
        assert "Traceback" not in server.log()
    finally:
        server.stop()


def _fill(ballast: Path) -> None:
    """To the last byte."""
    with ballast.open("wb", buffering=0) as file:
        try:
            while file.write(b"\0" * 4096):
                pass
        except OSError:
            return


async def _until_refused(client: httpx2.AsyncClient, workflow: str) -> httpx2.Response:
    """The pages of the database that are free already are filled first."""
    async with asyncio.timeout(60):
        while True:
            response = await client.post(f"{V1}/workflows/{workflow}/runs", json={"query": "x" * 20_000})
            if response.status_code != 202:
                return response
