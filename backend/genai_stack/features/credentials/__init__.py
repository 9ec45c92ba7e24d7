"""Encrypted provider keys."""
