"""Secrets at rest: encrypted with the newest key for one row, read with any key and for that row only."""

import base64
import os
import shlex
from collections.abc import Sequence
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from genai_stack.errors import CannotStart, StackError

FILE_NAME = "secret.key"


class Secrets:
    """Encrypts and decrypts; `keys` are Fernet keys, newest first.

    `owner` names whose secret it is, such as a workspace and a row. A ciphertext that is copied to another owner cannot
    be read: each owner's keys are derived from `keys` by HKDF.
    """

    def __init__(self, keys: Sequence[str]) -> None:
        try:
            self._without_owner = MultiFernet([Fernet(key) for key in keys])
            self._keys = [base64.urlsafe_b64decode(key) for key in keys]
        except ValueError as error:
            raise CannotStart(
                "The secret key is not a Fernet key: 32 bytes in URL-safe base64. `genai-stack keys rotate` makes one."
            ) from error

    def encrypt(self, secret: str, owner: Sequence[str]) -> bytes:
        return self._of(owner).encrypt(secret.encode())

    def decrypt(self, ciphertext: bytes, owner: Sequence[str]) -> str:
        try:
            return self._of(owner).decrypt(ciphertext).decode()
        except InvalidToken as error:
            raise StackError(
                "A stored API key cannot be decrypted with this server's secret key. Add it again, or start "
                "with the secret key that it was stored with.",
                code="SECRET_UNREADABLE",
            ) from error

    def re_encrypt(self, ciphertext: bytes, owner: Sequence[str]) -> bytes:
        """The same secret, encrypted with the newest key."""
        return self.encrypt(self.decrypt(self.bind(ciphertext, owner), owner), owner)

    def bind(self, ciphertext: bytes, owner: Sequence[str]) -> bytes:
        """A ciphertext of an earlier version, which had no owner, as this owner's; others as they are."""
        try:
            secret = self._without_owner.decrypt(ciphertext).decode()
        except InvalidToken:
            return ciphertext
        return self.encrypt(secret, owner)

    def _of(self, owner: Sequence[str]) -> MultiFernet:
        info = b"genai-stack secret\0" + "\0".join(owner).encode()
        derived = (HKDF(SHA256(), 32, salt=None, info=info).derive(key) for key in self._keys)
        return MultiFernet([Fernet(base64.urlsafe_b64encode(key)) for key in derived])


def keys_in(folder: Path) -> list[str]:
    """The keys of a data directory, newest first; the first one is made when there is none."""
    path = folder / FILE_NAME
    if not path.exists():
        write_keys(folder, [new_key()])
    if path.stat().st_mode & 0o077:
        raise CannotStart(
            f"Others on this machine can read the secret key, or change it. Type: chmod 600 {shlex.quote(str(path))}"
        )
    return path.read_text().split()


def write_keys(folder: Path, keys: Sequence[str]) -> None:
    """Replaces the key file as a whole, readable by its owner only."""
    fresh = folder / f".{FILE_NAME}.new"
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write("\n".join(keys) + "\n")
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(folder / FILE_NAME)


def new_key() -> str:
    return Fernet.generate_key().decode()
