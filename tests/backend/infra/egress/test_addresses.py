"""Which addresses may be called."""

import pytest

from genai_stack.errors import UpstreamRefused
from genai_stack.infra.egress.addresses import Upstreams, is_public

PRIVATE = [
    "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
    "255.255.255.255", "240.0.0.1", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fec0::1", "ff02::1",
    "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "2002:7f00:1::",
    "2002:a00:1::1", "::127.0.0.1", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:db8::1", "no address",
]  # fmt: skip
PUBLIC = ["8.8.8.8", "1.1.1.1", "2606:4700:4700::1111", "64:ff9b::808:808", "::ffff:8.8.8.8", "2002:808:808::1"]


@pytest.mark.parametrize("address", PRIVATE)
def test_private_address_is_refused(address: str) -> None:
    assert not is_public(address)
    with pytest.raises(UpstreamRefused, match="private address"):
        Upstreams(private_allowed=False).check_address("example.com", 443, address)


@pytest.mark.parametrize("address", PUBLIC)
def test_public_address_is_taken(address: str) -> None:
    assert is_public(address)
    Upstreams(private_allowed=False).check_address("example.com", 443, address)


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:11434/v1", "https://[::1]/v1", "http://[::ffff:127.0.0.1]/", "http://169.254.169.254/latest"],
)
def test_private_address_in_a_url_is_refused_unless_allowed(url: str) -> None:
    with pytest.raises(UpstreamRefused, match="GENAI_STACK_ALLOWED_UPSTREAMS"):
        Upstreams(private_allowed=False).check(url)
    Upstreams(private_allowed=True).check(url)


@pytest.mark.parametrize("private_allowed", [True, False])
@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "ftp://example.com", "example.com/v1", "", "http://", "http://[::1", "gopher://x:70/"]
)
def test_what_is_no_web_address_is_refused(url: str, private_allowed: bool) -> None:
    with pytest.raises(UpstreamRefused):
        Upstreams(private_allowed=private_allowed).check(url)


@pytest.mark.parametrize("private_allowed", [True, False])
@pytest.mark.parametrize(
    "host",
    ["2130706433", "0x7f000001", "0x7F.0.0.1", "127.1", "0177.0.0.1", "127.0.0.1.", "1.2.3.4.5", "example.0x7f", "a.1",
     "0x", "１２７.1", "127。1", "00000000000000000000177.0.0.1", "4294967295", "256.1.1.1"],
)  # fmt: skip
def test_numeric_host_in_unusual_form_is_refused(host: str, private_allowed: bool) -> None:
    with pytest.raises(UpstreamRefused):
        Upstreams(private_allowed=private_allowed).check(f"http://{host}/v1")


@pytest.mark.parametrize("host", ["1.1.1.1", "one.1host.example", "0x.example", "127.0.0.1.example", "[2606:4700::1]"])
def test_host_with_digits_in_usual_form_is_taken(host: str) -> None:
    Upstreams(private_allowed=False).check(f"http://{host}/v1")


def test_key_in_the_address_is_refused_without_being_repeated() -> None:
    with pytest.raises(UpstreamRefused, match="API key") as caught:
        Upstreams(private_allowed=True).check("https://me:hunter2@example.com/v1")
    assert "hunter2" not in str(caught.value)


def test_allowed_hosts_may_be_private_with_or_without_their_port() -> None:
    upstreams = Upstreams(
        private_allowed=False, allowed_hosts=frozenset({"Ollama.local", "10.0.0.7:8080", "[fc00::7]:80"})
    )
    upstreams.check_address("ollama.LOCAL.", 11434, "192.168.0.9")
    upstreams.check("http://10.0.0.7:8080/v1")
    upstreams.check("http://[fc00::7]/v1")
    with pytest.raises(UpstreamRefused):
        upstreams.check("http://10.0.0.7:9090/v1")
    with pytest.raises(UpstreamRefused):
        upstreams.check_address("evil.example", 80, "192.168.0.9")
