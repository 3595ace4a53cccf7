"""The types of events, as `ensue schema code` writes them."""
