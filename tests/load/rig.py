"""What the benchmarks stand on: the real server and a fake model, each in a process of its own."""

import asyncio
import os
import re
import signal
import sys
import tempfile
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import psutil

COMMAND = (sys.executable, "-c", "from genai_stack.cli.main import main; main()")


class Served:
    """A running server; `started` is the time from its start to the first answer of /healthz, in seconds."""

    def __init__(self, process: asyncio.subprocess.Process, url: str, started: float, settings: dict[str, str]) -> None:
        self.process, self.url, self.started, self.settings = process, url, started, settings
        self.watched = psutil.Process(process.pid)

    @property
    def cpu(self) -> float:
        """Seconds of CPU of the server's own process so far."""
        times = self.watched.cpu_times()
        return times.user + times.system

    @property
    def memory(self) -> int:
        """Bytes resident in the server's own process."""
        return self.watched.memory_info().rss

    async def stop(self) -> None:
        if self.process.returncode is None:
            self.process.send_signal(signal.SIGTERM)
            await self.process.wait()


@asynccontextmanager
async def server(data: Path, *, command: str = "serve", **settings: str) -> AsyncGenerator[Served]:
    environment = os.environ | {f"GENAI_STACK_{name.upper()}": value for name, value in settings.items()}
    log = data.parent / f"{data.name}.log"
    began = time.perf_counter()
    with log.open("wb") as out:
        process = await asyncio.create_subprocess_exec(
            *COMMAND, command, "--data", str(data), "--port", "0", env=environment, stdout=out, stderr=out
        )
    try:
        url = await _address(process, log)
        async with aiohttp.ClientSession() as session:
            while True:
                try:
                    async with session.get(f"{url}/healthz") as answer:
                        assert answer.status == 200
                        break
                except aiohttp.ClientConnectionError:
                    await asyncio.sleep(0.002)
        served = Served(process, url, time.perf_counter() - began, settings)
        yield served
        await served.stop()
    finally:
        if process.returncode is None:
            process.kill()


async def _address(process: asyncio.subprocess.Process, log: Path) -> str:
    while process.returncode is None:
        found = re.findall(r"address=(http://\S+)", re.sub(r"\x1b\[\d*m", "", log.read_text()))
        if found:
            return found[-1]
        await asyncio.sleep(0.002)
    raise RuntimeError(f"the server did not start:\n{log.read_text()}")


@asynccontextmanager
async def model_server(tokens: int, *, gap_ms: float = 0.0, ttft_ms: float = 0.0) -> AsyncGenerator[str]:
    """The address of a fake of OpenAI's API at a fixed pace."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.fakes.openai_server", "--port", "0", "--tokens", str(tokens)),
        *("--gap-ms", str(gap_ms), "--ttft-ms", str(ttft_ms)),
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        yield (await process.stdout.readline()).decode().split()[-1]
    finally:
        process.terminate()
        await process.wait()


@asynccontextmanager
async def fresh_folder() -> AsyncGenerator[Path]:
    with tempfile.TemporaryDirectory(prefix="genai-stack-bench-") as folder:
        yield Path(folder) / "data"


def asking_stack(model_url: str) -> dict[str, Any]:
    """Query → LLM → output."""
    config = {"provider": "openai_compatible", "model": "fake", "base_url": f"{model_url}/v1"}
    return {
        "nodes": [
            {"id": "q", "type": "query", "position": {"x": 0, "y": 0}, "data": {"config": {}}},
            {"id": "l", "type": "llm", "position": {"x": 1, "y": 0}, "data": {"config": config}},
            {"id": "o", "type": "output", "position": {"x": 2, "y": 0}, "data": {"config": {}}},
        ],
        "edges": [
            {"id": "1", "source": "q", "sourceHandle": "text", "target": "l", "targetHandle": "prompt"},
            {"id": "2", "source": "l", "sourceHandle": "answer", "target": "o", "targetHandle": "answer"},
        ],
    }


async def save(session: aiohttp.ClientSession, url: str, configuration: dict[str, Any]) -> str:
    async with session.post(
        f"{url}/api/v1/workflows", json={"name": "bench", "configuration": configuration}
    ) as answer:
        assert answer.status == 201, await answer.text()
        return str((await answer.json())["id"])


async def ask(session: aiohttp.ClientSession, url: str, workflow: str, query: str = "Go.") -> dict[str, Any]:
    """The ended run."""
    async with session.post(
        f"{url}/api/v1/workflows/{workflow}/runs", json={"query": query}, headers={"prefer": "wait=60"}
    ) as answer:
        run = await answer.json()
        assert answer.status == 200, run
        assert run["status"] == "succeeded", run
        return run
