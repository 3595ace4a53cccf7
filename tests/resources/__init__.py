"""The resource kinds, tested module by module."""
