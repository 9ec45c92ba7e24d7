"""Signals between processes that something new is in the database."""
