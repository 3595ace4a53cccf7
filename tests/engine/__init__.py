"""The engine, tested module by module."""
