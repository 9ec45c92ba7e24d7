"""Secrets are taken out of what is logged, and nothing else is."""

import json
from typing import Any

import pytest
from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import strategies as st

from genai_stack.infra.telemetry.redaction import DEEPEST, HIDDEN, Redactor

SECRET = "Xy7-not-a-shape"  # nothing but the name of its field tells that it is one

plain = Redactor()

NAMES = (
    "authorization", "Authorization", "AUTHORIZATION", "proxy-authorization", "token", "access_token", "refreshToken",
    "x-auth-token", "api_key", "apiKey", "api-key", "API_KEY", "apikey", "x-api-key", "openai_api_key", "secret",
    "client_secret", "secret_key", "GENAI_STACK_SECRET_KEY", "secrets", "password", "db_password", "passwords",
    "cookie", "set-cookie", "Cookie", "private_key", "credentials", "token_value", "x_secret_of_mine",
)  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_a_field_with_a_secret_s_name_is_hidden_at_any_depth(name: str) -> None:
    for wrapped in (
        {name: SECRET},
        {"request": {"headers": {name: SECRET}}},
        {"all": [{"some": ({name: [SECRET]},)}]},
        {name: {"inner": SECRET}},
        {name: SECRET.encode()},
    ):
        assert SECRET not in repr(plain.value(wrapped)), wrapped


def test_a_number_under_a_secret_s_name_is_hidden_too() -> None:
    assert plain.value({"password": 1234567, "token": 42}) == {"password": HIDDEN, "token": HIDDEN}


KEPT: dict[str, Any] = {
    "event": "Runs are handed back; 3 tokens/s, and a task-0123456789 of risk-management went on: prompt_tokens: 10, tokens=3.",
    "prompt_tokens": 10,
    "total_tokens": 15,
    "tokens": {"prompt_tokens": 1},
    "first_token_seconds": 60.0,
    "secret": None,
    "token": "",
    "key": "llm-1",
    "address": "http://127.0.0.1:8000",
    "also": "see http://[::1]:80/a@b and mail to me@example.org",
    "database": "postgresql://db.example:5432/stack",
    "data": "/var/lib/genai-stack",
    "id": "3f2b8c1e-5a7d-4a53-9c1b-0d7f3c3e9a11",
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "sentence": "What every caller must show as a bearer token. Basic understanding is needed. Tokens are cheap.",
    "reason": "The server refused the key (401). Check the credential: Get another.",
    "count": 0,
    "done": True,
}


def test_what_is_no_secret_is_kept_as_it_is() -> None:
    assert plain.value(KEPT) == KEPT


TEXTS = (
    ("Authorization: Bearer abc.def-123", "abc.def-123"),
    ("got 'bearer s3cr3t-of-mine'", "s3cr3t-of-mine"),
    ("authorization: Basic dXNlcjpwYXNz", "dXNlcjpwYXNz"),
    ("sec-websocket-protocol: genai-stack, bearer.my-own-word", "my-own-word"),
    ("offered ['genai-stack', 'bearer.my-own-word']", "my-own-word"),
    ("Incorrect API key provided: sk-proj-abcdEFGH1234.", "sk-proj-abcdEFGH1234"),
    ("key=sk-ant-api03-aaaa_bbbb-cccc", "sk-ant-api03-aaaa_bbbb-cccc"),
    ("AIzaSyA1234567890abcdefghijklmnopqrstuv was refused", "AIzaSyA1234567890abcdefghijklmnopqrstuv"),
    ("connect to postgresql://stack:p%40ss:w@rd!@db:5432/stack failed", "rd!"),
    ("redis://:onlypassword@host", "onlypassword"),
    ("https://user:pa$$@example.org/path?x=1", "pa$$"),
    ("GET /?token=visible-word&x=1", "visible-word"),
    ('{"api_key": "some value"}', "some value"),
    ("{'password': 'two words', 'a': 1}", "two words"),
    ("x-api-key: plainword", "plainword"),
    ("access_token=plainword;", "plainword"),
    ("Cookie: session", "session"),
    ("cookie: a=b; session=plainword", "plainword"),
)


@pytest.mark.parametrize(("said", "secret"), TEXTS)
def test_a_secret_inside_a_text_is_hidden(said: str, secret: str) -> None:
    shown = plain.text(said)
    assert secret not in shown
    assert HIDDEN in shown


def test_the_user_and_the_host_of_an_address_stay_readable() -> None:
    assert plain.text("postgresql://stack:word@db:5432/x") == f"postgresql://stack:{HIDDEN}@db:5432/x"


def test_fernet_s_keys_and_what_they_encrypted_are_hidden() -> None:
    key = Fernet.generate_key().decode()
    shown = plain.text(f"keys: {key},{Fernet.generate_key().decode()} made {Fernet(key).encrypt(b'x').decode()}")
    assert key not in shown
    assert "gAAAA" not in shown


def test_secrets_of_the_process_are_hidden_wherever_they_stand() -> None:
    redactor = Redactor(["correct horse battery", "tiny"])
    shown = redactor.value({"event": "…correct horse battery…", "x": [b"correct horse battery"], "y": "a tiny thing"})
    assert "horse" not in repr(shown)
    assert shown["y"] == "a tiny thing"


def test_an_object_is_shown_without_the_secret_in_its_words() -> None:
    class Client:
        def __repr__(self) -> str:
            return "Client(api_key='abcdef')"

    class Harmless:
        pass

    kept = Harmless()
    shown = plain.value({"client": Client(), "kept": kept})
    assert shown["client"] == f"Client(api_key={HIDDEN})"
    assert shown["kept"] is kept


def test_what_goes_round_in_a_circle_comes_to_an_end() -> None:
    circle: dict[str, Any] = {"token": SECRET}
    circle["self"] = circle
    shown = json.dumps(plain.value(circle))
    assert SECRET not in shown
    assert shown.count("self") <= DEEPEST + 1


names = st.sampled_from(NAMES)
secrets = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=12, max_size=20)
other = st.text("abcdefghij _-", max_size=12)


@given(st.recursive(st.builds(lambda name, secret: {name: secret}, names, secrets), lambda inner: st.one_of(
    st.lists(inner, min_size=1, max_size=3), st.dictionaries(other, inner, min_size=1, max_size=3)), max_leaves=8))  # fmt: skip
def test_no_nesting_lets_a_secret_through(value: object) -> None:
    assert not any(sign.isupper() for sign in _values(plain.value(value)))


def _values(value: object) -> str:
    """The values alone, as one text: what their fields are called is no secret."""
    if isinstance(value, dict):
        return "".join(_values(part) for part in value.values())
    if isinstance(value, list):
        return "".join(_values(part) for part in value)
    return str(value)
