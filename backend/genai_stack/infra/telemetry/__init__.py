"""Metrics, logs and spans of the running program."""
