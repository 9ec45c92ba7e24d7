"""One provider's server: what goes wrong there, said in sentences that never hold its key."""

import math
import re
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

import aiohttp
import msgspec
from yarl import URL

from genai_stack.errors import (
    ProviderBroken,
    ProviderBusy,
    ProviderFailed,
    ProviderRefused,
    ProviderTooSlow,
    ProviderUnreachable,
    StackError,
)
from genai_stack.infra.egress.api_key import ApiKey
from genai_stack.infra.egress.key_mask import MASK, KeyMask

QUOTED_CHARS = 200
_HTML = re.compile(r"\s*(?:<!--.*?-->\s*)*<(?:!doctype|html|head|body|\?xml|title|h1|center|script)\b", re.I | re.S)
# What a provider names so is over for today, whatever its status says.
_NO_MONEY = ("insufficient_quota", "billing", "credit balance")


class Remote:
    def __init__(self, title: str, base_url: str, key: ApiKey | None) -> None:
        self.title = title
        self.key = key
        host = URL(base_url).host
        self.name = f"{title} ({host})" if host else title

    def quote(self, text: str) -> str:
        """The provider's own words on one line, shortened, without the key."""
        masked = self._masked(text)
        line = " ".join("".join(c if c.isprintable() else " " for c in masked[: 8 * QUOTED_CHARS]).split())
        return line if len(line) <= QUOTED_CHARS else line[: QUOTED_CHARS - 1] + "…"

    def _masked(self, text: str) -> str:
        return text.replace(self.key.secret, MASK) if self.key else text

    def without_key(self, content: bytes) -> bytes:
        """A body that is handed on."""
        if self.key is None or not KeyMask.is_needed(self.key):
            return content
        return content.replace(self.key.secret.encode(), MASK.encode())

    def broken(self, what: str) -> ProviderBroken:
        return ProviderBroken(f"{self.name} {what}. Check that the address is that of a model server.")

    def cut(self) -> ProviderUnreachable:
        return ProviderUnreachable(f"The connection to {self.name} was cut before the answer was complete. Try again.")

    def failed(self, error: Exception) -> ProviderFailed:  # noqa: PLR0911  a table, one line a kind
        """A connection's error. Only its kind is told: aiohttp's own texts may repeat the request."""
        if isinstance(error, TimeoutError):
            return ProviderTooSlow(
                f"No connection to {self.name} could be made in time. Check the address, or try again."
            )
        if isinstance(error, aiohttp.ClientConnectorCertificateError | aiohttp.ClientSSLError):
            return ProviderUnreachable(
                f"{self.name} has a TLS certificate that is not valid. Check the address.", retryable=False
            )
        if isinstance(error, aiohttp.ClientConnectorDNSError):
            return ProviderUnreachable(f"The host of {self.name} was not found. Check the address and the network.")
        if isinstance(error, aiohttp.ClientConnectorError):
            return ProviderUnreachable(
                f"{self.name} does not accept connections. Check the address, and that it is running."
            )
        if isinstance(error, aiohttp.ClientResponseError | aiohttp.ContentTypeError):
            return self.broken("answered with something that is not HTTP")
        if isinstance(error, aiohttp.InvalidURL):
            return ProviderRefused(f"The address of {self.title} cannot be read. Give one like https://example.com/v1.")
        return self.cut()

    def answered(self, status: int, headers: Mapping[str, str], body: bytes) -> ProviderFailed:
        """An HTTP status that is an error."""
        words, wait = self._masked(body.decode("utf-8", "replace")), retry_after(headers, body)
        code = f"({status}{self._said(body)})"
        if status == 429 and not any(sign in words.lower() for sign in _NO_MONEY):
            return ProviderBusy(f"{self.name} is rate limiting {code}.", retry_after=wait)
        if status in {503, 529}:
            return ProviderBusy(f"{self.name} is overloaded {code}.", retry_after=wait)
        if status in {408, 504}:
            return ProviderTooSlow(f"{self.name} did not answer in time {code}.", retry_after=wait)
        if status >= 500 and status != 501:
            return ProviderFailed(f"{self.name} failed {code}.", retry_after=wait, retryable=True)
        what = {
            401: f"refused the API key {code}. Check the key.",
            403: f"refused the API key {code}. Check the key and its permissions.",
            404: f"does not know this model or address {code}. Check both; the address usually ends in /v1.",
            429: f"no longer serves this API key: its quota is used up {code}.",
        }
        return ProviderRefused(
            f"{self.name} {what.get(status, f'refused the request {code}.')}", status=status, said=words
        )

    def told(self, error: Mapping[str, object]) -> ProviderFailed:
        """An error object that came inside a stream: its status is in its words, if anywhere."""
        words = " ".join(str(error.get(name) or "") for name in ("type", "code", "status")).lower()
        said = _quoted(self.quote(str(error.get("message") or words)))
        if any(word in words for word in ("rate_limit", "overloaded", "429", "503", "529", "exhausted", "unavailable")):
            return ProviderBusy(f"{self.name} is overloaded{said}.")
        if any(word in words for word in ("invalid", "authentication", "permission", "not_found", "400", "401", "403")):
            return ProviderRefused(f"{self.name} refused the request{said}.")
        return ProviderFailed(f"{self.name} failed{said}.", retryable=True)

    def _said(self, body: bytes) -> str:
        return _quoted(self.quote(_message(body)))


def cause(error: BaseException) -> StackError | None:
    """The error of ours that an SDK wrapped, if there is one."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, StackError):
            return seen
        seen = seen.__cause__ or seen.__context__
    return None


def retry_after(headers: Mapping[str, str], body: bytes = b"") -> float | None:
    """Seconds, from `Retry-After` (seconds or a date), `retry-after-ms`, or Google's `retryDelay`."""
    milliseconds = _number(headers.get("retry-after-ms", ""))
    if milliseconds is not None:
        return milliseconds / 1000
    value = headers.get("retry-after", "")
    seconds = _number(value)
    if seconds is not None or not value:
        return seconds if value else _retry_delay(body)
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    except ValueError:
        return None


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return max(0.0, number) if math.isfinite(number) else None


class _Error(msgspec.Struct):
    message: str | None = None
    details: list[dict[str, object]] | None = None


class _Envelope(msgspec.Struct):
    error: _Error | str | None = None
    message: str | None = None
    detail: str | None = None


def _envelope(body: bytes) -> _Envelope:
    try:
        return msgspec.json.decode(body, type=_Envelope)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return _Envelope()


def _message(body: bytes) -> str:
    found = _envelope(body)
    error = found.error.message if isinstance(found.error, _Error) else found.error
    text = error or found.message or found.detail or body.decode("utf-8", "replace")
    return "" if _HTML.match(text) else text


def _retry_delay(body: bytes) -> float | None:
    error = _envelope(body).error
    for detail in (isinstance(error, _Error) and error.details) or ():
        delay = detail.get("retryDelay")
        if isinstance(delay, str):
            return _number(delay.removesuffix("s"))
    return None


def _quoted(words: str) -> str:
    return f": “{words}”" if words else ""
