"""Scheduled actions: what users want done at a moment, or again and again."""
