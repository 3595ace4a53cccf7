"""The console: what runs, what is stuck, and why, at ``/console``."""

from __future__ import annotations

from ensue.app.platform import Platform
from ensue.doors.console.access import Entry, Role
from ensue.doors.console.console import Console
from ensue.doors.console.modes import CHOICES, Modes, modes_of
from ensue.doors.console.sections import SECTIONS

__all__ = ["CHOICES", "Console", "Entry", "Modes", "Role", "make_console", "modes_of"]


def make_console(
    platform: Platform, entry: Entry, modes: Modes | None = None, *, key: str | None = None
) -> Console:
    """The console of a platform.

    Args:
        platform: what it shows.
        entry: who may come in.
        modes: what it hides and forbids; nothing by default.
        key: the server's key, from which what signs its sessions is made, so that they outlive the
            process; None for sessions that end with it.
    """
    secret = platform.fresh_bytes() if key is None else key.encode()
    return Console(platform, entry, SECTIONS, modes or Modes(), secret)
