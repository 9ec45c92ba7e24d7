"""What clients of the API do, in words."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from uuid import uuid4

import httpx2
from websockets.asyncio.client import ClientConnection

from tests.support.tally import TALLY

Json = dict[str, Any]
V1 = "/api/v1"


async def saved(client: httpx2.AsyncClient, configuration: Json, name: str = "A stack") -> str:
    """The id of a workflow with this configuration."""
    response = await client.post(f"{V1}/workflows", json={"name": name, "configuration": configuration})
    assert response.status_code == 201, response.text
    return str(response.json()["id"])


async def session_of(client: httpx2.AsyncClient, workflow_id: str) -> str:
    response = await client.post(f"{V1}/workflows/{workflow_id}/sessions", json={})
    assert response.status_code == 201, response.text
    return str(response.json()["id"])


async def asked(client: httpx2.AsyncClient, workflow_id: str, query: str = "Hello", **more: Any) -> Json:
    """The run, ended."""
    response = await client.post(
        f"{V1}/workflows/{workflow_id}/runs", json={"query": query, **more}, headers={"prefer": "wait=50"}
    )
    assert response.status_code == 200, response.text
    return response.json()


async def begun(client: httpx2.AsyncClient, workflow_id: str, query: str = "Hello", **more: Any) -> str:
    """The id of a run that has just been asked for."""
    response = await client.post(f"{V1}/workflows/{workflow_id}/runs", json={"query": query, **more})
    assert response.status_code == 202, response.text
    return str(response.json()["id"])


async def run_of(client: httpx2.AsyncClient, run_id: str) -> Json:
    response = await client.get(f"{V1}/runs/{run_id}")
    assert response.status_code == 200, response.text
    return response.json()


async def ended(client: httpx2.AsyncClient, run_id: str, within: float = 30) -> Json:
    async def over() -> bool:
        return (await run_of(client, run_id))["finished_at"] is not None

    await until(over, within)
    return await run_of(client, run_id)


async def events_of(client: httpx2.AsyncClient, run_id: str, after: int = 0) -> list[Json]:
    """Those so far."""
    found: list[Json] = []
    while True:
        response = await client.get(
            f"{V1}/runs/{run_id}/events",
            params={"after": after, "skip": len(found), "limit": 500},
            headers={"accept": "application/json"},
        )
        assert response.status_code == 200, response.text
        found += response.json()["items"]
        if len(found) >= response.json()["total"]:
            return found


async def frames(response: httpx2.Response) -> AsyncIterator[dict[str, str]]:
    """The fields of each SSE frame, as they were sent; comments are left out."""
    frame: dict[str, str] = {}
    async for line in lines(response):
        if not line:
            if frame:
                yield frame
            frame = {}
        elif not line.startswith(":"):
            name, _, value = line.partition(": ")
            assert name not in frame, f"the field {name} came twice in one frame"
            frame[name] = value


async def lines(response: httpx2.Response) -> AsyncIterator[str]:
    """Divided at line feeds only: other separators may stand in an answer."""
    left = b""
    async for piece in response.aiter_raw():
        *whole, left = (left + piece).split(b"\n")
        for line in whole:
            yield line.decode()


def message(content: str, message_id: str | None = None) -> str:
    return json.dumps({"type": "message", "id": message_id or str(uuid4()), "content": content})


async def heard(socket: ClientConnection, until: str = "run.finished", within: float = 30) -> list[Json]:
    """The frames up to the next one of a type."""
    found: list[Json] = []
    async with asyncio.timeout(within):
        while not found or found[-1]["type"] != until:
            found.append(json.loads(await socket.recv()))
    return found


async def silent(socket: ClientConnection, seconds: float = 0.4) -> bool:
    """Whether nothing comes for so long."""
    try:
        async with asyncio.timeout(seconds):
            await socket.recv()
    except TimeoutError:
        return True
    return False


async def until(met: Callable[[], bool | Awaitable[bool]], within: float = 15) -> None:
    async with asyncio.timeout(within):
        while not await _said(met()):  # noqa: ASYNC110 (what is waited for is in another process)
            await asyncio.sleep(0.02)


async def _said(answer: bool | Awaitable[bool]) -> bool:
    return answer if isinstance(answer, bool) else await answer


def types(events: list[Json]) -> list[str]:
    return [event["type"] for event in events]


def in_order(events: list[Json]) -> bool:
    """Numbered without a gap."""
    TALLY["events checked"] += len(events)
    numbers = [event["seq"] for event in events]
    return numbers == list(range(numbers[0], numbers[0] + len(numbers)))
