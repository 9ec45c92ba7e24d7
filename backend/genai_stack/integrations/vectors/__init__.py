"""Vector stores: which vectors are nearest."""
