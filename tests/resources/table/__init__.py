"""The table, tested module by module."""
