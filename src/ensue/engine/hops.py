"""Hops as they were recorded: what caused what. Written by `Transaction.hop`, read here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ensue.engine import logs
from ensue.engine.ids import Place
from ensue.engine.transaction import Transaction


@dataclass(frozen=True, slots=True)
class Hop:
    """One transaction that produced something.

    Attributes:
        id: its number.
        cause: the record whose handling it was; None at the beginning of a tree.
        actor: who ran.
        attempt: 1 for the first time.
        at_ms: when.
        trace: the W3C traceparent it came with, if one.
    """

    id: int
    cause: Place | None
    actor: str
    attempt: int
    at_ms: int
    trace: str | None


_COLUMNS = "id, cause_number, cause_sequence, actor, attempt, at_ms, trace"


def hop(tx: Transaction, hop_id: int) -> Hop | None:
    """The hop with this id."""
    found = tx.execute(f"SELECT {_COLUMNS} FROM ensue_hops WHERE id = ?", (hop_id,)).fetchone()
    return None if found is None else _hop(found)


def hops_caused_by(tx: Transaction, cause: Place, limit: int) -> list[Hop]:
    """The hops that handled this record, oldest first."""
    found = tx.execute(
        f"SELECT {_COLUMNS} FROM ensue_hops"
        " WHERE cause_sequence = ? AND cause_number = ? AND cause_sequence IS NOT NULL"
        " ORDER BY id LIMIT ?",
        (cause.sequence, cause.number, limit),
    )
    return [_hop(row) for row in found]


def newest_caused_by(tx: Transaction, cause: Place, limit: int) -> list[Hop]:
    """The hops that handled this record, newest first."""
    found = tx.execute(
        f"SELECT {_COLUMNS} FROM ensue_hops"
        " WHERE cause_sequence = ? AND cause_number = ? AND cause_sequence IS NOT NULL"
        " ORDER BY id DESC LIMIT ?",
        (cause.sequence, cause.number, limit),
    )
    return [_hop(row) for row in found]


def oldest_ms(tx: Transaction) -> int | None:
    """The time of the oldest hop that is kept; None where none is."""
    found = tx.row("SELECT at_ms FROM ensue_hops ORDER BY id LIMIT 1")
    return found[0] if found and isinstance(found[0], int) else None


def first_since(
    tx: Transaction, table: str, column: str, at_ms: int, *, at: str = "at_ms"
) -> int | None:
    """The first row of a table made at or after a time; None when there is none.

    Later rows have higher numbers, so it is found by halving. Where the clock was set back in
    between, it is one row of several that could be meant.

    Args:
        tx: where to look.
        table: a SQL table with a time.
        column: its integer primary key.
        at_ms: the time.
        at: the column with the time.
    """
    ends = [
        tx.row(f"SELECT {column} FROM {table} ORDER BY {column} {way} LIMIT 1")
        for way in ("ASC", "DESC")
    ]
    if ends[0] is None or ends[1] is None:
        return None
    low, high = int(str(ends[0][0])), int(str(ends[1][0])) + 1
    behind = high
    while low < high:
        middle = (low + high) // 2
        found = tx.execute(
            f"SELECT {column}, {at} FROM {table} WHERE {column} >= ? ORDER BY {column} LIMIT 1",
            (middle,),
        ).fetchone()
        if found is None or found[1] >= at_ms:
            high = middle
        else:
            low = found[0] + 1
    return None if low == behind else low


def first_hop_since(tx: Transaction, at_ms: int) -> int:
    """The first hop made at or after a time; one behind the last when there is none."""
    found = first_since(tx, "ensue_hops", "id", at_ms)
    return logs.last_sequence(tx, "ensue_hops") + 1 if found is None else found


def hop_of_execution(tx: Transaction, execution: int) -> int | None:
    """The hop that started an execution of a workflow; None when it is not kept any more."""
    found = tx.row("SELECT hop FROM ensue_executions WHERE id = ?", (execution,))
    return found[0] if found and isinstance(found[0], int) else None


def _hop(row: tuple[Any, ...]) -> Hop:
    cause = None if row[1] is None else Place(row[1], row[2])
    return Hop(row[0], cause, row[3], row[4], row[5], row[6])
