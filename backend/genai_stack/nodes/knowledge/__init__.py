"""Node types that search documents."""
