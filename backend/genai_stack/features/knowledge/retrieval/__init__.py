"""Finding passages: the index, exact search, and search over both."""
