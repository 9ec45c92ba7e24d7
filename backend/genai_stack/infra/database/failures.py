"""Failures of the database as the program's own errors, with a sentence each."""

import sqlite3

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from genai_stack.errors import Busy, DatabaseUnavailable, StorageFull


class database_errors:  # noqa: N801 (read as a phrase: with database_errors())
    """Raises an error with a sentence where the database is away or full."""

    def __enter__(self) -> None: ...

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if raised := error_of(error):
            raise raised from error


def error_of(error: BaseException | None, *, commit_unknown: bool = False) -> Busy | None:
    """The program's own error for a driver's; None where it is no fault of the database."""
    if isinstance(error, PoolTimeout):
        return DatabaseUnavailable("The database is too busy to answer. Try again in a moment.")
    if not isinstance(error, DBAPIError):
        return None
    told = str(error.orig)
    if (isinstance(error.orig, sqlite3.OperationalError) and "full" in told) or "No space left" in told:
        return StorageFull("The disk of the database is full. Free some space, then try again.", retry_after=30)
    if error.connection_invalidated or isinstance(error, InterfaceError | OperationalError):
        message = "The database does not answer. Try again in a moment."
        return DatabaseUnavailable(message, commit_unknown=commit_unknown)
    return None
