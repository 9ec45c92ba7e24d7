"""Database, queue, publish and subscribe, egress, telemetry, secrets."""
