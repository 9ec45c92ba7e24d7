"""Text to passages, index, search."""
