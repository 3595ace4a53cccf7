"""The app, tested module by module."""
