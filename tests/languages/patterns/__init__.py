"""Tests of the event pattern language."""
