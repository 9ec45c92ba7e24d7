"""Name resolution that gives out only addresses which may be called: what is checked is what is connected to."""

import asyncio
import socket

from aiohttp.abc import AbstractResolver, ResolveResult

from genai_stack.errors import UpstreamRefused
from genai_stack.infra.egress.addresses import Upstreams


class CheckedResolver(AbstractResolver):
    """Raises UpstreamRefused where none of a host's addresses may be called."""

    def __init__(self, upstreams: Upstreams) -> None:
        self._upstreams = upstreams

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM, family=family)
        allowed: list[ResolveResult] = []
        refused: UpstreamRefused | None = None
        for kind, _, proto, _, address in found:
            try:
                self._upstreams.check_address(host, port, str(address[0]))
            except UpstreamRefused as error:
                refused = error
                continue
            allowed.append(
                ResolveResult(
                    hostname=host,
                    host=str(address[0]),
                    port=port,
                    family=kind,
                    proto=proto,
                    flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
                )
            )
        if not allowed and refused is not None:
            raise refused
        return allowed

    async def close(self) -> None:
        """Nothing is held open."""
