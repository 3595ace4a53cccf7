"""Hops as they were recorded: what caused what. Written by `Transaction.hop`, read here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

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


def _hop(row: tuple[Any, ...]) -> Hop:
    cause = None if row[1] is None else Place(row[1], row[2])
    return Hop(row[0], cause, row[3], row[4], row[5], row[6])
