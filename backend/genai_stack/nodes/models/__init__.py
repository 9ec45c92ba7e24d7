"""Node types that ask a model."""
