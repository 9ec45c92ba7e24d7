"""Providers of models: one file each, with its card and its chat model."""
