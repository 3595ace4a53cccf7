"""The queue, tested module by module."""
