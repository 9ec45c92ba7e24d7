"""Who may do what: workspaces, tokens, credentials."""
