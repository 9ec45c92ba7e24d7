"""Which addresses may be called: schemes, hosts, and the addresses really connected to."""

import re
from ipaddress import ip_address

from yarl import URL

from genai_stack.errors import UpstreamRefused
from genai_stack.infra.egress.networks import is_public_ip

_NUMERIC_LABEL = re.compile(r"\d+|0x[0-9a-f]*", re.I)


class Upstreams:
    """The rule for outgoing calls: public hosts, the allowed ones, and private ones only where that is said.

    `allowed_hosts` holds host names or addresses, each with or without `:port`; these may be private.
    """

    def __init__(self, *, private_allowed: bool, allowed_hosts: frozenset[str] = frozenset()) -> None:
        self._private_allowed = private_allowed
        self._allowed_hosts = frozenset(_plain(host) for host in allowed_hosts)

    def check(self, url: str | URL) -> None:
        """Refuse what can be refused before a name is resolved; `check_address` sees the rest."""
        try:
            parsed = URL(url)
            host, port = parsed.raw_host, parsed.port
        except ValueError as error:
            raise UpstreamRefused("The address cannot be read. Give one like https://example.com/v1.") from error
        if parsed.scheme not in {"http", "https"} or not host:
            raise UpstreamRefused("The address must start with http:// or https:// and name a host.")
        if parsed.raw_user is not None or parsed.raw_password is not None:
            raise UpstreamRefused("The address contains a user name or a password. Add an API key instead.")
        try:
            ip_address(host)
        except ValueError:
            if _NUMERIC_LABEL.fullmatch(host.rstrip(".").rpartition(".")[2]):
                raise UpstreamRefused(
                    f"{host} is not an address in its usual form. Write it like 192.0.2.10, or give the host's name."
                ) from None
            return
        self.check_address(host, port or 0, host)

    def check_address(self, host: str, port: int, address: str) -> None:
        """`address` is what `host` resolved to, and what the connection will go to."""
        if self._private_allowed or self._is_allowed(host, port) or is_public(address):
            return
        raise UpstreamRefused(
            f"{host} is a private address ({address}), and this server calls only public ones. Its "
            "administrator can allow the host in GENAI_STACK_ALLOWED_UPSTREAMS."
        )

    def _is_allowed(self, host: str, port: int) -> bool:
        name = _plain(host)
        return name in self._allowed_hosts or _with_port(name, port) in self._allowed_hosts


def is_public(address: str) -> bool:
    """Whether the whole internet means the same by `address`; those that carry an IPv4 address count as that one."""
    try:
        ip = ip_address(address)
    except ValueError:
        return False
    return is_public_ip(ip)


def _plain(host: str) -> str:
    name = host.strip().casefold()
    return name.removesuffix(".").removeprefix("[").removesuffix("]") if "]:" not in name else name


def _with_port(name: str, port: int) -> str:
    return f"[{name}]:{port}" if ":" in name else f"{name}:{port}"
