"""Saved graphs and their versions."""
