"""What an adopted table has in the store: the log of its changes, and what was taken last."""

from __future__ import annotations

from ensue.engine import logs
from ensue.engine.logs import Record
from ensue.engine.outside.contract import Batch, Taken
from ensue.engine.transaction import OUTSIDE, Transaction
from ensue.resources.adopted.model import CHANGES_SEARCHED, TAIL_MAX, AdoptedModel
from ensue.words.changes import Key


def create(tx: Transaction) -> None:
    """Make the table of what was taken last, for all adopted tables, if it is not there yet."""
    tx.execute(
        "CREATE TABLE IF NOT EXISTS ensue_taken (number INTEGER NOT NULL, sequence INTEGER"
        " NOT NULL, token TEXT NOT NULL, PRIMARY KEY (number, sequence)) WITHOUT ROWID"
    )


def taken(tx: Transaction, table: AdoptedModel) -> Taken:
    """The changes that were taken and may still be in the outside database."""
    found = tx.rows(
        "SELECT token, sequence FROM ensue_taken WHERE number = ? ORDER BY sequence",
        (tx.number(table.ref),),
    )
    token = str(found[0][0]) if found else ""
    return Taken(token, tuple(int(str(sequence)) for _, sequence in found))


def keep(tx: Transaction, table: AdoptedModel, batch: Batch) -> None:
    """Add changes to the log, and note that they were taken, in place of those before.

    Each is a hop of its own, made outside: nothing of ours caused it, and none caused another.
    """
    number = tx.number(table.ref)
    tx.execute("DELETE FROM ensue_taken WHERE number = ?", (number,))
    for change in batch.changes:
        tx.begin_hop(OUTSIDE)
        _, kind, key, old, new = change
        logs.append_change(tx, table.changes, kind, key=key, old=old, new=new)
        tx.execute(
            "INSERT INTO ensue_taken (number, sequence, token) VALUES (?, ?, ?)",
            (number, change.sequence, batch.token),
        )
    tx.touched.add(number)


def tail(
    tx: Transaction, table: AdoptedModel, after: int | None, limit: int
) -> tuple[list[Record], int]:
    """Changes behind a position, or the newest; and the position behind the last of them."""
    bounded = max(0, min(limit, TAIL_MAX))
    if after is None:
        found = logs.read_last(tx, table.changes, bounded)
    else:
        found = logs.read(tx, table.changes, after, bounded)
    last = found[-1].sequence if found else after
    return found, logs.last_sequence(tx, table.changes) if last is None else last


def last_change(tx: Transaction, table: AdoptedModel, key: Key) -> int | None:
    """The sequence number of the newest change of a row, among the newest changes."""
    newest = f"SELECT sequence, key FROM {table.changes} ORDER BY sequence DESC LIMIT ?"
    marks = ", ".join("?" * len(key))
    found = tx.row(
        f"SELECT max(sequence) FROM ({newest}) WHERE json(key) = json_array({marks})",
        (CHANGES_SEARCHED, *key),
    )
    return found[0] if found and isinstance(found[0], int) else None
