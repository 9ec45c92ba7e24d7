"""Whose rows a query may touch."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scope:
    """One workspace. No query is made without it."""

    workspace_id: str


THE_WORKSPACE = Scope("00000000-0000-4000-8000-000000000001")
"""The one workspace that exists until sign-in does."""
