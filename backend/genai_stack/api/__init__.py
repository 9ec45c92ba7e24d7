"""HTTP and WebSocket: translates, nothing else. The only room with status codes."""
