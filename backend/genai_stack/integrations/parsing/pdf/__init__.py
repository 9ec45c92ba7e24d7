"""PDFs: opened and laid out in a child process, read page by page from it."""
