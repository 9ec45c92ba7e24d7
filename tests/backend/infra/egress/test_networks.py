"""A test for each line of the table of networks."""

from ipaddress import ip_address

import pytest

from genai_stack.infra.egress.networks import NOT_PUBLIC_IPV4, NOT_PUBLIC_IPV6, is_public_ip

METADATA = ["169.254.169.254", "100.100.100.200", "168.63.129.16", "192.0.0.192", "fd00:ec2::254", "fd20:ce::254"]
OUTSIDE_GLOBAL_IPV6 = [
    "::1",
    "100::1",
    "64:ff9b:1::1",
    "5f00::1",
    "fc00::1",
    "fe80::1",
    "fec0::1",
    "ff02::1",
    "4000::1",
]


@pytest.mark.parametrize("network", [*NOT_PUBLIC_IPV4, *NOT_PUBLIC_IPV6], ids=str)
def test_first_and_last_address_of_a_network_are_not_public(network) -> None:  # type: ignore[no-untyped-def]
    assert not is_public_ip(network[0])
    assert not is_public_ip(network[-1])


@pytest.mark.parametrize("network", NOT_PUBLIC_IPV4, ids=str)
@pytest.mark.parametrize("form", ["::", "::ffff:", "::ffff:0:", "64:ff9b::"])
def test_ipv4_address_within_ipv6_counts_as_itself(network, form: str) -> None:  # type: ignore[no-untyped-def]
    assert not is_public_ip(ip_address(f"{form}{network[-1]}"))


@pytest.mark.parametrize("address", [*METADATA, *OUTSIDE_GLOBAL_IPV6, "2002:a9fe:a9fe::1", "2002:7f00:1::1"])
def test_metadata_and_special_addresses_are_not_public(address: str) -> None:
    assert not is_public_ip(ip_address(address))


@pytest.mark.parametrize(
    "address",
    ["8.8.8.8", "1.1.1.1", "168.63.129.15", "100.63.255.255", "100.128.0.0", "172.32.0.1", "2606:4700:4700::1111",
     "2a00:1450:4001:82a::200e", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8", "2002:808:808::1"],
)  # fmt: skip
def test_public_address_is_public(address: str) -> None:
    assert is_public_ip(ip_address(address))
