"""Usage billing."""
