"""The token service: it signs for clients that may, and everybody verifies by its public keys."""
