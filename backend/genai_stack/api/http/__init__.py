"""HTTP itself: routing, request bodies, authentication, problems, CORS, static files."""
