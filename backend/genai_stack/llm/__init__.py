"""Chat models: one port, five providers, one way of being patient with them."""
