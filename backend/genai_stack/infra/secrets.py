"""Secrets at rest: encrypted with the newest key, read with any."""

import os
from collections.abc import Sequence
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from genai_stack.errors import CannotStart, StackError

FILE_NAME = "secret.key"


class Secrets:
    """Encrypts and decrypts; `keys` are Fernet keys, newest first."""

    def __init__(self, keys: Sequence[str]) -> None:
        try:
            self._box = MultiFernet([Fernet(key) for key in keys])
        except ValueError as error:
            raise CannotStart(
                "The secret key is not a Fernet key: 32 bytes in URL-safe base64. `genai-stack keys rotate` makes one."
            ) from error

    def encrypt(self, secret: str) -> bytes:
        return self._box.encrypt(secret.encode())

    def decrypt(self, locked: bytes) -> str:
        try:
            return self._box.decrypt(locked).decode()
        except InvalidToken as error:
            raise StackError(
                "A stored credential cannot be read with this server's secret key. Store it again, "
                "or start with the key that it was stored with.",
                code="SECRET_UNREADABLE",
            ) from error

    def re_encrypt(self, locked: bytes) -> bytes:
        """The same secret, encrypted with the newest key."""
        return self.encrypt(self.decrypt(locked))


def keys_in(folder: Path) -> list[str]:
    """The keys of a data directory, newest first; the first one is made when there is none."""
    path = folder / FILE_NAME
    if not path.exists():
        write_keys(folder, [new_key()])
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
