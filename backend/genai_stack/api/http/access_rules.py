"""Who gets in until there is sign-in: the right host, the right origin, the right token."""

import hmac
import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from genai_stack.errors import CannotStart, ForeignHost, ForeignOrigin, NoToken
from genai_stack.infra.failure_limit import FailureLimit

_PLACE = re.compile(r"(\[[0-9a-f:.]+\]|[^\s:/?#@\[\]\\]+)(?::\d{1,5})?")
LOCAL = ("127.0.0.1", "localhost", "[::1]")
TOKEN_CHARACTERS = 24
TOKEN_DIFFERENT_CHARACTERS = 12
_WHAT_TO_SET = "Set GENAI_STACK_TOKEN to a long random word, such as `openssl rand -base64 32` prints."


def is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


@dataclass(frozen=True, slots=True)
class AccessRules:
    """`hosts` are names with or without a port, `origins` whole origins or names that stand for any scheme and port."""

    token: str | None
    hosts: frozenset[str] = field(default_factory=lambda: frozenset(LOCAL))
    origins: frozenset[str] = field(default_factory=lambda: frozenset(LOCAL))
    wrong_tokens: FailureLimit = field(default_factory=FailureLimit)

    def check_host(self, host: str | None) -> None:
        named = (host or "").lower()
        if named not in self.hosts and _name_in(named) not in self.hosts:
            raise ForeignHost(
                f"The host name “{named[:100]}” is not allowed. If it is yours, add it to GENAI_STACK_ALLOWED_HOSTS."
            )

    def check_origin(self, origin: str | None) -> None:
        if origin is None:
            return
        named = origin.lower()
        scheme, _, place = named.partition("://")
        whole = bool(place) and named in self.origins
        if not whole and (scheme not in ("http", "https") or _name_in(place) not in self.origins):
            raise ForeignOrigin(
                f"Requests from pages of “{named[:100]}” are not allowed. "
                "If it is yours, add it to GENAI_STACK_ALLOWED_ORIGINS."
            )

    def check_site(self, site: str | None) -> None:
        """`site` is the header Sec-Fetch-Site of a request without an Origin, as a foreign page's image sends it."""
        if site == "cross-site":
            raise ForeignOrigin("Requests from pages of other sites are not allowed.")

    def check_token(self, token: str | None, address: str) -> None:
        """`address` is the client's. After too many wrong tokens from it none is looked at, right or wrong."""
        if self.token is None:
            return
        if token is None:
            raise NoToken("This server requires a token: send “Authorization: Bearer …”.")
        self.wrong_tokens.check(address)
        if not hmac.compare_digest(token.encode(), self.token.encode()):
            self.wrong_tokens.failed(address)
            raise NoToken("The token is wrong. Use the value of GENAI_STACK_TOKEN.")


def is_open_to_others(host: str, allowed: Iterable[str]) -> bool:
    """Whether other machines may get in: bound beyond loopback, or a name that is not loopback's is let in.

    `allowed` are the hosts and origins that are let in. Behind a proxy the server is bound to loopback, and the proxy's
    name is one of them.
    """
    names = (_name_in(place.lower().rstrip("/").rpartition("://")[2]) for place in allowed)
    return not is_loopback(host) or any(name is None or not is_loopback(name) for name in names)


def check_start(host: str, allowed: Iterable[str], token: str | None) -> None:
    """Raises CannotStart where others would get in without a token, or with one that can be guessed."""
    if not token:
        if is_open_to_others(host, allowed):
            raise CannotStart(
                f"Serving at {host} for {', '.join(allowed) or 'every name'} lets other machines in, and there is no "
                f"token to ask them for. {_WHAT_TO_SET} Or serve at 127.0.0.1, for loopback names only."
            )
    elif len(token) < TOKEN_CHARACTERS or len(set(token)) < TOKEN_DIFFERENT_CHARACTERS:
        raise CannotStart(
            f"The token can be guessed: it needs at least {TOKEN_CHARACTERS} characters, {TOKEN_DIFFERENT_CHARACTERS} "
            f"of them different. {_WHAT_TO_SET}"
        )


def _name_in(place: str) -> str | None:
    """The host's name without its port; None where it is anything else than a name and a port."""
    found = _PLACE.fullmatch(place)
    return found[1] if found else None
