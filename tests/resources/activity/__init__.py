"""Tasks that workers outside poll for."""
