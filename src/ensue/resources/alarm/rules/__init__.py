"""Decisions of alarms, without I/O."""
