"""What a provider's server does wrong, in sentences."""

import time
from email.utils import formatdate

import pytest

from genai_stack.errors import ProviderBusy, ProviderFailed, ProviderRefused, ProviderTooSlow
from genai_stack.infra.egress.api_key import ApiKey
from genai_stack.infra.egress.remote import QUOTED_CHARS, Remote, retry_after

REMOTE = Remote("OpenAI", "https://api.openai.com/v1", ApiKey("sk-secret", "https://api.openai.com:443"))


@pytest.mark.parametrize(
    ("status", "kind", "retryable"),
    [
        (400, ProviderRefused, False),
        (401, ProviderRefused, False),
        (403, ProviderRefused, False),
        (404, ProviderRefused, False),
        (408, ProviderTooSlow, True),
        (429, ProviderBusy, True),
        (500, ProviderFailed, True),
        (502, ProviderFailed, True),
        (503, ProviderBusy, True),
        (529, ProviderBusy, True),
    ],
)
def test_status_becomes_an_error_that_names_the_server(
    status: int, kind: type[ProviderFailed], retryable: bool
) -> None:
    error = REMOTE.answered(status, {}, b'{"error": {"message": "no such luck"}}')
    assert type(error) is kind
    assert error.retryable is retryable
    assert "OpenAI (api.openai.com)" in error.message
    assert f"({status}: “no such luck”)" in error.message


def test_used_up_quota_is_not_tried_again() -> None:
    error = REMOTE.answered(429, {}, b'{"error": {"message": "You exceeded", "code": "insufficient_quota"}}')
    assert isinstance(error, ProviderRefused)


def test_key_is_masked_before_the_quote_is_cut() -> None:
    padding = "x" * (QUOTED_CHARS - 5)
    error = REMOTE.answered(400, {}, f'{{"error": {{"message": "{padding}sk-secret sk-secret"}}}}'.encode())
    assert "sk-" not in error.message
    assert len(REMOTE.quote("y" * 10_000)) == QUOTED_CHARS


@pytest.mark.parametrize(
    ("body", "quoted"),
    [
        (b"plain words", "plain words"),
        (b"<html><body>nginx</body></html>", None),
        (b"", None),
        (b'{"detail": "not\\n\\u0007 here"}', "not here"),
        (b'{"error": "flat"}', "flat"),
        (b"\xff\xfe", "\ufffd\ufffd"),
    ],
)
def test_only_words_are_quoted(body: bytes, quoted: str | None) -> None:
    message = REMOTE.answered(500, {}, body).message
    assert message.endswith(f"(500: “{quoted}”)." if quoted else "(500).")


def test_wait_is_read_in_all_its_forms() -> None:
    google = b'{"error": {"message": "m", "details": [{"@type": "x"}, {"retryDelay": "17s"}]}}'
    assert retry_after({"retry-after": "2.5"}) == 2.5
    assert retry_after({"retry-after-ms": "300", "retry-after": "1"}) == 0.3
    assert retry_after({}, google) == 17
    assert retry_after({}) is None
    assert retry_after({"retry-after": "soon"}) is None
    assert retry_after({"retry-after": "nan"}) is None
    dated = retry_after({"retry-after": formatdate(time.time() + 20, usegmt=True)})
    assert dated is not None
    assert 10 < dated <= 20
