"""The audit log: who changed what by hand, and what came of it.

A change is entered before it is made, and its outcome after: what a crash cut off stands there
without one.
"""

from __future__ import annotations

from typing import NamedTuple

from ensue.engine.transaction import Transaction

AUDITS_KEPT_MAX = 100_000

TABLES = """
    -- What was changed by hand. who: as the door knows them; what: the action; at_address: the
    -- address of what was changed; given: JSON of what was asked, without secrets. outcome: NULL
    -- while it runs, and for ever if the process died of it.
    CREATE TABLE ensue_audits (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        at_ms INTEGER NOT NULL,
        who TEXT NOT NULL,
        what TEXT NOT NULL,
        at_address TEXT NOT NULL,
        given TEXT NOT NULL,
        outcome TEXT,
        ended_ms INTEGER
    );
    """


class Audit(NamedTuple):
    """A change that was made by hand.

    Attributes:
        id: its number.
        at_ms: when it was asked for.
        who: asked for it, as the door knows them.
        what: was asked for: the name of the action.
        address: of what was changed.
        given: JSON of what was given with it, without secrets.
        outcome: what came of it; None while it runs, or when the process died of it.
        ended_ms: when it ended.
    """

    id: int
    at_ms: int
    who: str
    what: str
    address: str
    given: str
    outcome: str | None
    ended_ms: int | None


def begin(tx: Transaction, who: str, what: str, address: str, given: str) -> int:
    """Enter a change that is about to be made; returns its number."""
    tx.execute(
        "INSERT INTO ensue_audits (at_ms, who, what, at_address, given) VALUES (?, ?, ?, ?, ?)",
        (tx.now_ms, who, what, address, given),
    )
    return tx.inserted()


def end(tx: Transaction, number: int, outcome: str) -> None:
    """Note what came of a change."""
    tx.execute(
        "UPDATE ensue_audits SET outcome = ?, ended_ms = ? WHERE id = ?",
        (outcome, tx.now_ms, number),
    )


def newest(tx: Transaction, before: int | None, limit: int) -> list[Audit]:
    """The newest changes, those before a number if one is given."""
    found = tx.rows(
        "SELECT id, at_ms, who, what, at_address, given, outcome, ended_ms FROM ensue_audits"
        " WHERE id < ? ORDER BY id DESC LIMIT ?",
        (2**62 if before is None else before, limit),
    )
    return [Audit._make(each) for each in found]


def forget(tx: Transaction, limit: int) -> int:
    """Forget the oldest of those beyond `AUDITS_KEPT_MAX`, so many at a time."""
    tx.execute(
        "DELETE FROM ensue_audits WHERE id IN (SELECT id FROM ensue_audits"
        " WHERE id <= (SELECT max(id) FROM ensue_audits) - ? ORDER BY id LIMIT ?)",
        (AUDITS_KEPT_MAX, limit),
    )
    return tx.changed()
