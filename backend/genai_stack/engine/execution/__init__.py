"""Execution of plans: what runs when, attempts at a node, and a run's outcome."""
