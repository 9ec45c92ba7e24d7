"""Tables, and where they are kept; secrets at rest."""
