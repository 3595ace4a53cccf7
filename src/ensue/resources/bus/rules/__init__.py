"""What a bus decides: whether an event is one, which rules it matches, and what targets get."""
