"""A run from start to end: worker, journal, events, retention."""
