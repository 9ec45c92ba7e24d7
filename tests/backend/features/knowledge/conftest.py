"""Databases of each kind."""

from tests.fakes.home import home

__all__ = ["home"]
