"""Parking: work that failed goes aside, and the later work of its group goes on without it.

A parked piece is of a group of its own from then on, which is still called by the name it had.
"""

from __future__ import annotations

import re

from ensue.engine import work
from ensue.engine.transaction import Transaction
from ensue.engine.work import Work

_PARKED = re.compile(r"\x1fparked \d+\Z")


def park(tx: Transaction, piece: Work) -> None:
    """Let the work behind a piece that failed go on."""
    if piece.group is None or _PARKED.search(piece.group):
        return
    aside = f"{piece.group}\x1fparked {piece.id}"
    tx.execute("UPDATE ensue_work SET grp = ? WHERE id = ?", (aside, piece.id))
    work.release_groups(tx, [piece])


def group_of(piece: Work) -> str | None:
    """The group that a piece of work was sent with; None for none."""
    return None if piece.group is None else _PARKED.sub("", piece.group)
