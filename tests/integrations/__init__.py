"""What tasks call by the names that AWS has for it, tested service by service."""
