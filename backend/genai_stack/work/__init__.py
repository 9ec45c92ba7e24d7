"""Who does the work, when, and who is told of it."""
