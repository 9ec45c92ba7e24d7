"""Chat models: one port, one file per provider, one way of retrying."""
