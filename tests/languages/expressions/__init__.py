"""The expression language, tested module by module and by properties."""
