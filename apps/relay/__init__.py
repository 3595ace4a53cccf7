"""Resilient payments."""
