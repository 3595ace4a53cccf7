"""The secure orders pipeline."""
