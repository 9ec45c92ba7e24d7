"""Table of networks that are never public, whatever the standard library counts as global."""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

# https://www.iana.org/assignments/iana-ipv4-special-registry and the metadata addresses of clouds.
NOT_PUBLIC_IPV4 = tuple(
    IPv4Network(network)
    for network in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",  # private use
        "100.64.0.0/10",  # shared by carriers; Alibaba Cloud's metadata at 100.100.100.200
        "127.0.0.0/8",  # loopback
        "168.63.129.16/32",  # Azure's platform services
        "169.254.0.0/16",  # link-local; metadata of most clouds at 169.254.169.254
        "172.16.0.0/12",  # private use
        "192.0.0.0/24",  # protocol assignments; Oracle Cloud's metadata at 192.0.0.192
        "192.0.2.0/24",  # documentation
        "192.31.196.0/24",  # AS112
        "192.52.193.0/24",  # AMT
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",  # private use
        "192.175.48.0/24",  # AS112
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and broadcast
    )
)

GLOBAL_IPV6 = IPv6Network("2000::/3")
"""All that is assigned to be global (https://www.iana.org/assignments/ipv6-address-space)."""

# https://www.iana.org/assignments/iana-ipv6-special-registry, within GLOBAL_IPV6.
NOT_PUBLIC_IPV6 = tuple(
    IPv6Network(network)
    for network in (
        "2001::/23",  # protocol assignments, Teredo, ORCHID
        "2001:db8::/32",  # documentation
        "2620:4f:8000::/48",  # AS112
        "3fff::/20",  # documentation
    )
)

# An address in one of these stands for the IPv4 address in its bits from `shift` on.
_IPV4_WITHIN = (
    (IPv6Network("::/96"), 0),  # IPv4-compatible
    (IPv6Network("::ffff:0:0/96"), 0),  # IPv4-mapped
    (IPv6Network("::ffff:0:0:0/96"), 0),  # IPv4-translated
    (IPv6Network("64:ff9b::/96"), 0),  # NAT64
    (IPv6Network("2002::/16"), 80),  # 6to4
)
_LOW_32_BITS = 0xFFFF_FFFF


def is_public_ip(ip: IPv4Address | IPv6Address) -> bool:
    """Whether the whole internet means the same by `ip`; one that stands for an IPv4 address counts as that one."""
    if isinstance(ip, IPv6Address):
        for network, shift in _IPV4_WITHIN:
            if ip in network:
                return is_public_ip(IPv4Address(int(ip) >> shift & _LOW_32_BITS))
        return ip.scope_id is None and ip in GLOBAL_IPV6 and not any(ip in network for network in NOT_PUBLIC_IPV6)
    return not any(ip in network for network in NOT_PUBLIC_IPV4)
