"""Executions: their journal, their events, and taking them up again."""
