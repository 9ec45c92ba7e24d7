"""Adapters for outside formats and systems: chat models, embedders, vector stores, file parsing."""
