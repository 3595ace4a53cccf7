"""The words of every other layer: errors, names, values, units. Imports nothing of ours."""
