"""The bus, tested module by module."""
