"""Knowledge bases and their documents."""
