"""``ensue states``: check, try and draw state machines. Nothing of it needs a server."""

from ensue.doors.cli.states.group import states

__all__ = ["states"]
