"""Whole systems that run on Ensue. Each imports `ensue` and nothing else of this repository."""
