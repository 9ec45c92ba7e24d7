"""Who gets in until there is sign-in: the right host, the right origin, the right token."""

import hmac
import ipaddress
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from genai_stack.errors import CannotStart, ForeignHost, ForeignOrigin, NoToken

LOCAL = ("127.0.0.1", "localhost", "[::1]")


def is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


@dataclass(frozen=True, slots=True)
class Doors:
    """`hosts` are names with or without a port, `origins` whole origins or names that stand for any scheme and port."""

    token: str | None
    hosts: frozenset[str] = field(default_factory=lambda: frozenset(LOCAL))
    origins: frozenset[str] = field(default_factory=lambda: frozenset(LOCAL))

    def check_host(self, host: str | None) -> None:
        named = (host or "").lower()
        if named not in self.hosts and _without_port(named) not in self.hosts:
            raise ForeignHost(
                f"This server does not answer to the host name “{named[:100]}”. "
                "Add it to GENAI_STACK_ALLOWED_HOSTS, if it is yours."
            )

    def check_origin(self, origin: str | None) -> None:
        if origin is None:
            return
        named = origin.lower()
        parts = urlsplit(named)
        known = named in self.origins or (
            parts.scheme in ("http", "https") and _without_port(parts.netloc) in self.origins
        )
        if not known:
            raise ForeignOrigin(
                f"Pages of “{named[:100]}” may not use this server. "
                "Add the origin to GENAI_STACK_ALLOWED_ORIGINS, if it is yours."
            )

    def check_token(self, token: str | None) -> None:
        if self.token is None:
            return
        if token is None:
            raise NoToken("This server wants its token: send “Authorization: Bearer …”.")
        if not hmac.compare_digest(token.encode(), self.token.encode()):
            raise NoToken("This is not the server's token. It is what GENAI_STACK_TOKEN was set to.")


def check_start(host: str, token: str | None) -> None:
    """Refuse to serve the network without a token."""
    if not is_loopback(host) and not token:
        raise CannotStart(
            f"Serving at {host} lets other machines in, and there is no token to ask them for. "
            "Set GENAI_STACK_TOKEN to a long random word, or serve at 127.0.0.1."
        )


def _without_port(netloc: str) -> str:
    if netloc.startswith("["):
        return netloc.partition("]")[0] + "]"
    return netloc.partition(":")[0]
