"""Node types, one file each in folders by category; `context` is all that a node may use."""
