"""The stream, tested module by module."""
