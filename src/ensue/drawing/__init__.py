"""What pictures in layers have in common: which spot stands in which layer, and where in it."""
