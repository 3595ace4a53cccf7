"""Variants for users, what they do with them, and whether that shows anything."""
