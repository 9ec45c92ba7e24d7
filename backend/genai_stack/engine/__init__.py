"""Graph logic: what a workflow is, whether it is right, and running it. Pure: no database, no HTTP, no provider."""
