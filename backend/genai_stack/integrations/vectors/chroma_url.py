"""A Chroma server that somebody else runs, found by its URL."""

from __future__ import annotations

import asyncio

import aiohttp


class ChromaUrl:
    """What it lost meanwhile cannot be seen, so a failure makes a new generation."""

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")
        self.generation = 1

    @property
    def worth_from(self) -> int:
        return 0

    @property
    def url(self) -> str | None:
        return self._url

    @property
    def degraded_reason(self) -> str | None:
        return None

    def connector(self) -> aiohttp.BaseConnector:
        return aiohttp.TCPConnector()

    def may_hold(self, collection: str) -> bool:
        del collection
        return True

    def start(self) -> None:
        """It runs already."""

    async def started(self) -> str:
        await asyncio.sleep(0)
        return self._url

    def suspect(self, *, damaged: bool) -> None:
        self.generation += 1

    async def sweep(self) -> None:
        """Its disk is not ours."""

    async def close(self) -> None:
        """It runs on."""
