"""A key goes to its origin and nowhere else."""

import ast
from pathlib import Path

import pytest

import genai_stack
from genai_stack.errors import Invalid, UpstreamRefused
from genai_stack.infra.egress.api_key import KEY_PLACEHOLDER, ApiKey, origin_of

KEY = ApiKey("sk-secret", "https://api.example.com:443")
HEADERS = {"authorization": f"Bearer {KEY_PLACEHOLDER}", "accept": "*/*"}


def test_key_takes_the_place_of_its_placeholder_at_its_origin() -> None:
    sent = KEY.attach("https://API.example.com./v1/models", HEADERS)
    assert sent == {"authorization": "Bearer sk-secret", "accept": "*/*"}


@pytest.mark.parametrize(
    "url",
    [
        "http://api.example.com/v1",
        "https://api.example.com:8443/v1",
        "https://api.example.com.evil.example/v1",
        "https://evil.example/api.example.com",
        "https://api.example.com@evil.example/",
        "https://example.com/",
    ],
)
def test_key_is_refused_to_another_origin(url: str) -> None:
    with pytest.raises(UpstreamRefused, match="belongs to"):
        KEY.attach(url, HEADERS)


def test_request_without_the_key_may_go_anywhere() -> None:
    assert KEY.attach("http://evil.example/", {"accept": "*/*"}) == {"accept": "*/*"}


@pytest.mark.parametrize("url", ["", "example.com", "ftp://example.com", "http://", "http://[::", "file:///etc"])
def test_address_without_an_origin_is_refused(url: str) -> None:
    with pytest.raises(Invalid):
        origin_of(url)


def test_key_is_not_printed() -> None:
    assert "sk-secret" not in repr(KEY)


def test_only_egress_and_the_factories_read_a_key() -> None:
    """Everything else is given the placeholder: what cannot read a key cannot send it."""
    package = Path(genai_stack.__file__).parent
    readers = {
        str(path.relative_to(package))
        for path in package.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute) and node.attr == "secret" and ast.unparse(node.value).endswith("key")
    }
    assert readers == {"infra/egress/key_mask.py", "infra/egress/remote.py", "integrations/chat_models.py"}
