"""Addresses of servers of OpenAI's dialect, as people copy them: with too much, or without the version."""

import re
from typing import Final

from yarl import URL

_ENDPOINTS: Final = re.compile(r"/(chat/completions|chat|completions|models|embeddings|responses)/*$")
_VERSION: Final = re.compile(r"/v\d+[a-z0-9]*(/|$)")


def api_base(url: str) -> str:
    """The address that endpoints are added to: a whole endpoint's address loses its end."""
    return _ENDPOINTS.sub("", url.strip().rstrip("/"))


def below_v1(base_url: str) -> str | None:
    """The address to try where this one is not found; None where it names a version already."""
    return None if _VERSION.search(URL(base_url).path) else f"{base_url.rstrip('/')}/v1"
