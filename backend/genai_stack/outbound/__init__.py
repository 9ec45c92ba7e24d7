"""One door to the outside: every request to an address that a user gave leaves through here."""
