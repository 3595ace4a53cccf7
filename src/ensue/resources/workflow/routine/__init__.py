"""Routines: workflows that are written as Python functions.

Pure but for the function itself: no store, no clock, no randomness of its own. `run` drives the
function; `context` is what it awaits; `record` is the history as a replay reads it.
"""
