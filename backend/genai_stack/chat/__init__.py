"""A question becomes a run, the run's answer becomes a message."""
