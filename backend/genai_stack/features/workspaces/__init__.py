"""Workspaces: what everything else belongs to."""
