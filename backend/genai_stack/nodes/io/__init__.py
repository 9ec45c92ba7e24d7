"""Node types that take input and show output."""
