"""Builders of what tests use: graphs, servers, databases, clients."""
