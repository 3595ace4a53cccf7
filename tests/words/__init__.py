"""The words, tested module by module."""
