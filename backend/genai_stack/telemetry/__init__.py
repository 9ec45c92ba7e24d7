"""What is told of the running program: metrics, logs, spans."""
