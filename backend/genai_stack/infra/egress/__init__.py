"""Every request to an address that a user gave leaves through here."""
