"""The mail, tested module by module."""
