"""The secret key of many processes is changed, and no credential gets lost."""

import os
import subprocess
import sys
from pathlib import Path

import httpx2
from cryptography.fernet import Fernet

from genai_stack.infra.secrets import write_keys
from tests.fakes.openai_server import OpenAIServer
from tests.support import talk
from tests.support.cluster import Cluster
from tests.support.graphs import asked
from tests.support.postgres import Postgres
from tests.support.talk import V1

SECRET = "sk-abcdefghijklmnop"


def rotate(data: Path, url: str, secret_key: str = "") -> "subprocess.CompletedProcess[str]":
    settings = {"DATABASE_URL": url, "DISPATCH": "distributed", "SECRET_KEY": secret_key}
    return subprocess.run(
        [sys.executable, "-c", "from genai_stack.cli.main import main; main()", "keys", "rotate", f"--data={data}"],
        env=os.environ | {f"GENAI_STACK_{name}": value for name, value in settings.items()},
        capture_output=True, text=True, timeout=90, check=False,
    )  # fmt: skip


async def stored(client: httpx2.AsyncClient, model: OpenAIServer) -> str:
    """The id of a workflow whose model is asked with a stored key."""
    body = {"provider": "openai_compatible", "name": "mine", "secret": SECRET, "base_url": model.base_url}
    credential = (await client.post(f"{V1}/credentials", json=body)).json()["id"]
    return await talk.saved(client, asked(model.base_url, credential_id=credential))


async def check(cluster: Cluster, workflow_id: str, model: OpenAIServer) -> None:
    model.last_headers = {}
    async with cluster.apis[0].client() as client:
        assert (await talk.asked(client, workflow_id))["status"] == "succeeded"
    assert model.key() == SECRET


async def test_the_key_in_the_environment_is_changed_while_processes_run(
    postgres: Postgres, tmp_path: Path, model: OpenAIServer
) -> None:
    old, new = (Fernet.generate_key().decode() for _ in range(2))
    url = postgres.migrated()
    cluster = Cluster(tmp_path, url, apis=1, workers=1, secret_key=old)
    try:
        cluster.apis[0].start()
        async with cluster.apis[0].client() as client:
            workflow_id = await stored(client, model)
        cluster.stop()
        refused = rotate(tmp_path, url, old)
        assert (refused.returncode, "Put a new one in front of it" in refused.stderr) == (2, True)
        for process in cluster.processes:
            process.settings["secret_key"] = f"{new},{old}"
        cluster.start()
        done = rotate(tmp_path, url, f"{new},{old}")
        assert (done.returncode, done.stdout) == (0, "1 API keys are encrypted with the new secret key.\n")
        await check(cluster, workflow_id, model)
        cluster.stop()
        for process in cluster.processes:
            process.settings["secret_key"] = new
        await check(cluster.start(), workflow_id, model)
    finally:
        cluster.stop()


async def test_the_key_in_a_shared_directory_is_changed_while_no_process_runs(
    postgres: Postgres, tmp_path: Path, model: OpenAIServer
) -> None:
    url = postgres.migrated()
    cluster = Cluster(tmp_path, url, apis=1, workers=1, secret_key="")
    api, worker = cluster.processes
    worker.data = api.data
    api.data.mkdir()
    write_keys(api.data, [Fernet.generate_key().decode()])
    try:
        cluster.start()
        async with api.client() as client:
            workflow_id = await stored(client, model)
        await check(cluster, workflow_id, model)
        refused = rotate(api.data, url)
        assert (refused.returncode, "is using the data directory" in refused.stderr) == (2, True)
        cluster.stop()
        before = (api.data / "secret.key").read_text()
        assert rotate(api.data, url).returncode == 0
        assert (api.data / "secret.key").read_text() != before
        await check(cluster.start(), workflow_id, model)
    finally:
        cluster.stop()
