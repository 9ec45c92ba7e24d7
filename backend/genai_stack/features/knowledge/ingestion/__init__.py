"""From an uploaded file to passages with vectors."""
