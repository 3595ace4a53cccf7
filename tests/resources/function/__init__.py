"""The function, tested module by module."""
