"""The one client for outgoing requests: checks each address, follows no redirect, has no cookies and no proxy."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import aiohttp

from genai_stack.errors import UpstreamRefused
from genai_stack.infra.egress.addresses import Upstreams
from genai_stack.infra.egress.remote import Remote

CONNECT_SECONDS = 10.0
ERROR_BYTES = 64 * 1024
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


class Outbound:
    """Made by wiring, one per process; the session is made at first use, on the running loop."""

    def __init__(self, upstreams: Upstreams) -> None:
        self.upstreams = upstreams
        self._session: aiohttp.ClientSession | None = None

    def session(self) -> aiohttp.ClientSession:
        if self._session is None:
            from genai_stack.infra.egress.resolver import CheckedResolver  # noqa: PLC0415 (it loads aiohttp)

            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0, resolver=CheckedResolver(self.upstreams), ttl_dns_cache=60),
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(total=None, connect=CONNECT_SECONDS),
                headers={"accept-encoding": "identity", "user-agent": "genai-stack"},
                middlewares=(self._guard,),
            )
        return self._session

    async def request(
        self,
        remote: Remote,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        body: bytes | None = None,
        connect_within: float = CONNECT_SECONDS,
    ) -> aiohttp.ClientResponse:
        """An answer whose status is no error, its body unread; the caller closes it.

        Headers hold `KEY_PLACEHOLDER` where the remote's key goes. Raises ProviderFailed, or UpstreamRefused where the
        key belongs to another origin than that of `url`.
        """
        sent = remote.key.attach(url, headers) if remote.key else headers
        timeout = aiohttp.ClientTimeout(total=None, connect=connect_within)
        try:
            response = await self.session().request(method, url, data=body, headers=sent, timeout=timeout)
            if response.status < 400:
                return response
            try:
                said = await _first_bytes(response)
            finally:
                response.close()
        except aiohttp.ClientResponseError as error:
            failed = remote.failed(error)  # raised below, unchained: this one's repr holds the request with its key
        except (aiohttp.ClientError, OSError) as error:
            raise remote.failed(error) from error
        else:
            failed = remote.answered(response.status, response.headers, said)
        raise failed

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _guard(
        self, request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
    ) -> aiohttp.ClientResponse:
        self.upstreams.check(request.url)
        response = await handler(request)
        if response.status in _REDIRECTS:
            response.close()
            raise UpstreamRefused(
                f"{request.url.host} answered with a redirect, and redirects are not followed. Give the final address."
            )
        return response


async def _first_bytes(response: aiohttp.ClientResponse) -> bytes:
    """Enough of an error's body to quote it, without waiting for more than two seconds for it."""
    parts: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(2):
            while size < ERROR_BYTES and (part := await response.content.readany()):
                parts.append(part[: ERROR_BYTES - size])
                size += len(parts[-1])
    except (TimeoutError, aiohttp.ClientError):
        pass  # the status alone says enough
    return b"".join(parts)
