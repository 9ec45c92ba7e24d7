"""Clients with a bad line, to servers that are killed: what they ask again and again, and what they must find."""

import asyncio
import json
import random
from collections.abc import Sequence
from uuid import uuid4

import httpx2
from websockets.exceptions import WebSocketException

from tests.support import talk
from tests.support.server import Server
from tests.support.talk import V1
from tests.support.tally import TALLY

AWAY = (httpx2.TransportError, OSError, WebSocketException, TimeoutError)


def said(events: list[talk.Json]) -> list[str]:
    """What a reader shows of each node that answers, who leaves out what a restart made void."""
    pieces: list[tuple[int, str, str]] = []
    for event in events:
        if event["type"] == "node.restarted":
            void = event["data"]["discard_after"]
            pieces = [piece for piece in pieces if piece[1] != event["node_id"] or piece[0] <= void]
        elif event["type"] == "answer.delta":
            pieces.append((event["seq"], event["node_id"], event["data"]["text"]))
    nodes = dict.fromkeys(node for _, node, _ in pieces)
    return ["".join(text for _, speaker, text in pieces if speaker == node) for node in nodes]


class Talker:
    """Sends each message until its run is told, under one id, to any of the servers."""

    def __init__(self, servers: Sequence[Server], session: str, name: int) -> None:
        self.servers, self.session, self.name = servers, session, name
        self.accepted: list[tuple[str, str]] = []

    async def talk(self, messages: int) -> None:
        for number in range(messages):
            await self.talk_one(f"{self.name}:{number}")

    async def talk_one(self, content: str) -> None:
        message_id = str(uuid4())
        while not await self._sent(content, message_id):  # noqa: ASYNC110 (the server is another process)
            await asyncio.sleep(0.05)
        self.accepted.append((message_id, content))

    async def _sent(self, content: str, message_id: str) -> bool:
        server = random.choice(self.servers)
        try:
            async with (
                asyncio.timeout(10),
                server.socket(f"/sessions/{self.session}/chat", open_timeout=3, close_timeout=0.1) as socket,
            ):
                await socket.send(talk.message(content, message_id))
                while True:
                    event = json.loads(await socket.recv())
                    assert event["type"] != "error" or event["code"] == "STORAGE_AWAY", event
                    if event["type"] == "message.accepted" and event["data"]["message"]["id"] == message_id:
                        return True
        except AWAY:
            return False

    async def talk_or_wait(self, messages: int) -> None:
        """As `talk`, with time between messages."""
        for number in range(messages):
            await self.talk_one(f"{self.name}:{number}")
            await asyncio.sleep(0.5)

    async def check(self) -> None:
        """Every accepted message is stored once, in order, and answered."""
        async with self.servers[0].client() as client:

            async def idle() -> bool:
                return (await client.get(f"{V1}/sessions/{self.session}")).json()["active_run"] is None

            await talk.until(idle, within=30)
            stored = (await client.get(f"{V1}/sessions/{self.session}/messages", params={"limit": 500})).json()
        asked = [(one["id"], one["content"]) for one in stored["items"] if one["role"] == "user"]
        assert asked == self.accepted
        TALLY["messages accepted and found"] += len(asked)
        answers = [one["content"] for one in stored["items"] if one["role"] == "assistant"]
        assert answers == [content for _, content in self.accepted], stored


async def ended_in(server: Server, sessions: list[str]) -> None:
    """The runs that are at work have ended: one that died three times would be given up."""
    async with server.client() as client:
        for session in sessions:
            active = (await client.get(f"{V1}/sessions/{session}")).json()["active_run"]
            if active is not None:
                await talk.ended(client, active, within=15)


async def read_in_pieces(servers: Sequence[Server], run: str, chance: random.Random) -> bytes:
    """Cut at random bytes; what is not whole is thrown away, and reading goes on after the last whole event."""
    read, last = b"", 0
    while True:
        left, most = b"", chance.randrange(1, 6000)
        try:
            server = chance.choice(servers)
            async with server.client() as client, asyncio.timeout(chance.uniform(0.5, 5)):
                headers = {"last-event-id": str(last)} if chance.random() < 0.5 else {}
                after = {} if headers else {"after": last}
                async with client.stream("GET", f"{V1}/runs/{run}/events", params=after, headers=headers) as response:
                    async for piece in response.aiter_raw():
                        left += piece
                        if len(left) >= most:
                            break
        except AWAY:
            await asyncio.sleep(0.05)
        *whole, _ = left[:most].split(b"\n\n")
        for frame in whole:
            if frame.startswith(b"id: "):
                read += frame + b"\n\n"
                TALLY["events read after cuts"] += 1
                last = int(frame.split(b"\n")[0][4:])
                if b"\nevent: run.finished\n" in frame:
                    return read


async def followed(servers: Sequence[Server], run: str) -> list[talk.Json]:
    """A run's events over sockets, each after the last one that was seen."""
    events: list[talk.Json] = []
    while not events or events[-1]["type"] != "run.finished":
        after = events[-1]["seq"] if events else 0
        try:
            async with random.choice(servers).socket(f"/runs/{run}/events?after={after}", open_timeout=3) as socket:
                async for frame in socket:
                    events.append(json.loads(frame))
        except AWAY:
            await asyncio.sleep(0.1)
    return events


async def uploaded(servers: Sequence[Server], workflow: str, contents: dict[str, bytes]) -> list[talk.Json]:
    """The documents, once all are ready or failed; a file whose upload was cut off is sent again."""
    ids: list[str] = []
    for name, content in contents.items():
        while True:
            try:
                async with random.choice(servers).client() as client:
                    answer = await client.post(
                        f"{V1}/workflows/{workflow}/documents", files=[("file", (name, content))]
                    )
                if answer.status_code == 202:
                    ids += [document["id"] for document in answer.json()["items"]]
                    break
            except AWAY:
                await asyncio.sleep(0.1)
    return [await _ended(servers, document) for document in ids]


async def _ended(servers: Sequence[Server], document_id: str) -> talk.Json:
    while True:
        try:
            async with random.choice(servers).client() as client:
                document = (await client.get(f"{V1}/documents/{document_id}")).json()
                if document.get("status") in ("ready", "failed"):
                    return document
        except AWAY:
            pass
        await asyncio.sleep(0.1)
