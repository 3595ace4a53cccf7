"""Since when what is declared is as it is: rules, subscriptions, archives.

So whoever asks why an event went nowhere is told that a rule came, or was changed, after it.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import blake2b
from typing import NamedTuple

from ensue.engine.transaction import Transaction

TABLES = """
    -- Since when what is declared of a resource is as it is: behind which record of its log, and
    -- at what time. said: a digest of the declaration. The name '' says that it was ever noted.
    CREATE TABLE ensue_since (
        number INTEGER NOT NULL,
        name TEXT NOT NULL,
        said TEXT NOT NULL,
        sequence INTEGER NOT NULL,
        at_ms INTEGER NOT NULL,
        PRIMARY KEY (number, name)
    ) WITHOUT ROWID;
    """
FIRST = ""
SWITCHED = "switched "  # before the name of what was switched on or off at run time


class Since(NamedTuple):
    """Since when something is as it is.

    Attributes:
        sequence: behind which record of the log; 0 for as long as anybody knows.
        at_ms: at what time.
    """

    sequence: int
    at_ms: int


def note(tx: Transaction, number: int, sequence: int, declared: Mapping[str, str]) -> None:
    """Note what is declared of a resource now, as far as it is new or another than before.

    What was there before anybody took notes counts as there for ever.

    Args:
        tx: the transaction.
        number: the resource's.
        sequence: the last record of its log.
        declared: the text of each declaration, by its name.
    """
    known = dict(tx.execute("SELECT name, said FROM ensue_since WHERE number = ?", (number,)))
    begun = sequence if FIRST in known else 0
    digests = {name: _digest(text) for name, text in declared.items()} | {FIRST: FIRST}
    tx.connection.executemany(
        "INSERT INTO ensue_since (number, name, said, sequence, at_ms) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (number, name) DO UPDATE SET said = excluded.said,"
        " sequence = excluded.sequence, at_ms = excluded.at_ms",
        [
            (number, name, said, begun, tx.now_ms)
            for name, said in digests.items()
            if known.get(name) != said
        ],
    )
    tx.connection.executemany(
        "DELETE FROM ensue_since WHERE number = ? AND name = ?",
        [(number, name) for name in known if name.removeprefix(SWITCHED) not in digests],
    )


def switched(tx: Transaction, number: int, name: str, sequence: int) -> None:
    """Note that something declared is switched on, or off, from here on."""
    tx.execute(
        "INSERT OR REPLACE INTO ensue_since (number, name, said, sequence, at_ms)"
        " VALUES (?, ?, '', ?, ?)",
        (number, SWITCHED + name, sequence, tx.now_ms),
    )


def of(tx: Transaction, number: int) -> dict[str, Since]:
    """Since when each thing that is declared of a resource is as it is.

    Under its name behind ``SWITCHED``: since when it is switched on, or off, at run time.
    """
    found = tx.execute("SELECT name, sequence, at_ms FROM ensue_since WHERE number = ?", (number,))
    return {name: Since(sequence, at_ms) for name, sequence, at_ms in found if name != FIRST}


def _digest(text: str) -> str:
    return blake2b(text.encode(), digest_size=8).hexdigest()
