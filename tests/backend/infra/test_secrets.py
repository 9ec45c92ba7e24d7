"""Ciphertexts belong to one key ring and one owner."""

from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from genai_stack.errors import CannotStart, StackError
from genai_stack.infra.secrets import FILE_NAME, Secrets, keys_in, new_key

OWNER = ("workspace", "row")


def test_ciphertext_is_read_for_its_owner_only() -> None:
    secrets = Secrets([new_key()])
    ciphertext = secrets.encrypt("sk-secret", OWNER)
    assert secrets.decrypt(ciphertext, OWNER) == "sk-secret"
    for other in (("workspace", "other row"), ("other", "row"), ("workspace",), ()):
        with pytest.raises(StackError, match="cannot be decrypted"):
            secrets.decrypt(ciphertext, other)


def test_ciphertext_without_an_owner_is_bound_and_not_read_before() -> None:
    key = new_key()
    secrets, earlier = Secrets([key]), Fernet(key).encrypt(b"sk-secret")
    with pytest.raises(StackError):
        secrets.decrypt(earlier, OWNER)
    bound = secrets.bind(earlier, OWNER)
    assert secrets.decrypt(bound, OWNER) == "sk-secret"
    assert secrets.bind(bound, ("workspace", "other row")) == bound


def test_re_encrypted_secret_is_read_without_the_old_key() -> None:
    old, new = new_key(), new_key()
    for ciphertext in (Secrets([old]).encrypt("sk-secret", OWNER), Fernet(old).encrypt(b"sk-secret")):
        moved = Secrets([new, old]).re_encrypt(ciphertext, OWNER)
        assert Secrets([new]).decrypt(moved, OWNER) == "sk-secret"


def test_what_is_no_key_is_told() -> None:
    with pytest.raises(CannotStart, match="not a Fernet key"):
        Secrets(["not-a-key"])


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o666])
def test_a_key_that_others_can_read_or_change_is_refused_with_what_to_type(tmp_path: Path, mode: int) -> None:
    [made] = keys_in(tmp_path)
    file = tmp_path / FILE_NAME
    assert file.stat().st_mode & 0o777 == 0o600
    file.chmod(mode)
    with pytest.raises(CannotStart, match=f"chmod 600 {file}"):
        keys_in(tmp_path)
    file.chmod(0o600)
    assert keys_in(tmp_path) == [made]
