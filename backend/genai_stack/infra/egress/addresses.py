"""Which addresses may be called: schemes, hosts, and the addresses really connected to."""

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

from yarl import URL

from genai_stack.errors import UpstreamRefused

_NAT64 = IPv6Network("64:ff9b::/96")
_NAT64_LOCAL = IPv6Network("64:ff9b:1::/48")
_IPV4_COMPATIBLE = IPv6Network("::/96")
_LOW_32_BITS = 0xFFFF_FFFF


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
            raise UpstreamRefused("The address holds a user name or a password. Put the key into a credential instead.")
        try:
            ip_address(host)
        except ValueError:
            return
        self.check_address(host, port or 0, host)

    def check_address(self, host: str, port: int, address: str) -> None:
        """`address` is what `host` resolved to, and what the connection will go to."""
        if self._private_allowed or self._is_allowed(host, port) or is_public(address):
            return
        raise UpstreamRefused(
            f"{host} is a private address ({address}), and this server calls public ones only. "
            "Whoever runs it can allow the host in GENAI_STACK_ALLOWED_UPSTREAMS."
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
    inner = ip if isinstance(ip, IPv4Address) else _inner_ipv4(ip)
    if inner is not None:
        return inner.is_global and not inner.is_multicast and not inner.is_reserved
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or _is_local_ipv6(ip))


def _is_local_ipv6(ip: IPv4Address | IPv6Address) -> bool:
    return isinstance(ip, IPv6Address) and (ip.is_site_local or ip.teredo is not None or ip in _NAT64_LOCAL)


def _inner_ipv4(ip: IPv6Address) -> IPv4Address | None:
    if ip.ipv4_mapped is not None:
        return ip.ipv4_mapped
    if ip.sixtofour is not None:
        return ip.sixtofour
    if ip in _NAT64 or ip in _IPV4_COMPATIBLE:
        return IPv4Address(int(ip) & _LOW_32_BITS)
    return None


def _plain(host: str) -> str:
    name = host.strip().casefold()
    return name.removesuffix(".").removeprefix("[").removesuffix("]") if "]:" not in name else name


def _with_port(name: str, port: int) -> str:
    return f"[{name}]:{port}" if ":" in name else f"{name}:{port}"
