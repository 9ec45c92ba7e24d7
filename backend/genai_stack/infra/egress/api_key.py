"""API key that is bound to the one origin that it may be sent to."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from yarl import URL

from genai_stack.errors import Invalid, UpstreamRefused

KEY_PLACEHOLDER = "genai-stack-key-placeholder"
"""Stands for the key in everything outside `infra.egress`: the client puts the key in its place as it sends."""


def origin_of(url: str | URL) -> str:
    """Scheme, host and port, such as `https://api.openai.com:443`. Raises Invalid where `url` has none."""
    try:
        parsed = URL(url)
        host, port = parsed.raw_host, parsed.port
    except ValueError:
        host = port = None
    else:
        if parsed.scheme in {"http", "https"} and host and port:
            name = host.rstrip(".").lower()
            return f"{parsed.scheme}://{f'[{name}]' if ':' in name else name}:{port}"
    raise Invalid("The address cannot be read. Give one like https://example.com/v1.")


@dataclass(frozen=True, slots=True)
class ApiKey:
    """`origin` as `origin_of` writes it."""

    secret: str = field(repr=False)
    origin: str

    def attach(self, url: str, headers: Mapping[str, str]) -> dict[str, str]:
        """The headers with the key in place of its placeholder. Raises UpstreamRefused for another origin."""
        if not any(KEY_PLACEHOLDER in value for value in headers.values()):
            return dict(headers)
        if origin_of(url) != self.origin:
            raise UpstreamRefused(
                f"This key belongs to {self.origin} and is not sent to {origin_of(url)}. "
                "Store a key for that address, or correct the address."
            )
        return {name: value.replace(KEY_PLACEHOLDER, self.secret) for name, value in headers.items()}
