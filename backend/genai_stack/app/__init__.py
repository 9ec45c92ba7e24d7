"""What a process is made of: settings, container, lifespan, server, worker, schema."""
