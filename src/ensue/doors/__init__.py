"""Doors: they translate between the outside and the handles, and decide nothing."""
