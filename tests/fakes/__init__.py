"""Servers that stand in for those we do not run ourselves, speaking their real wire formats."""
