"""Unsettled work by how it stands: in flight, due, due later, held; page by page, by an index."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from ensue.engine.transaction import Transaction
from ensue.engine.work import COLUMNS, HELD_MS, Work, first_of_group, piece

HELD_LOOKED_AT_MAX = 1_000
BEGINNING = (-1, -1)


class Standing(NamedTuple):
    """A piece of work as it stands.

    Attributes:
        piece: the work.
        holder: who received it by hand, as it said, perhaps nothing; None for the consumer.
        error: why its last attempt failed; None where none did.
    """

    piece: Work
    holder: str | None
    error: str | None


_ERROR = (
    "(SELECT error FROM ensue_failures WHERE work = id ORDER BY attempt DESC, at_ms DESC LIMIT 1)"
)
# The words of each state: which of the work, by which index.
_WHERE: Mapping[str, str] = {
    "in flight": "state = 1",
    "due": "state < 2 AND state = 0 AND due_ms <= :now_ms",
    "later": f"state < 2 AND state = 0 AND due_ms > :now_ms AND due_ms < {HELD_MS}",
    "held": f"state < 2 AND state = 0 AND due_ms = {HELD_MS}",
}
STATES = tuple(_WHERE)


def standing(
    tx: Transaction, queue: int, state: str, after: tuple[int, int], limit: int
) -> list[Standing]:
    """Work of a queue that stands so, the one that is due first before the others.

    Args:
        tx: the transaction.
        queue: which queue.
        state: one of `STATES`.
        after: due time and number of the last that was seen; `BEGINNING` for none.
        limit: how many at most.
    """
    found = tx.execute(
        f"SELECT {COLUMNS}, holder, {_ERROR} FROM ensue_work"
        f" WHERE queue = :queue AND {_WHERE[state]} AND (due_ms, id) > (:due_ms, :id)"
        " ORDER BY due_ms, id LIMIT :limit",
        {
            "queue": queue,
            "now_ms": tx.now_ms,
            "due_ms": after[0],
            "id": after[1],
            "limit": limit,
        },
    )
    return [Standing(Work(*row), holder, error) for *row, holder, error in found]


@dataclass(frozen=True, slots=True)
class HeldGroup:
    """A group of which something waits behind its first.

    Attributes:
        group: its name.
        waiting: how much of it is held, counted up to 1,000.
        since_ms: when the oldest of that was sent.
        first: what the others wait for; None when it is gone just now.
    """

    group: str
    waiting: int
    since_ms: int
    first: Standing | None


def held_groups(tx: Transaction, queue: int, limit: int) -> list[HeldGroup]:
    """The groups that are held up longest, of those of the first 1,000 pieces that are held."""
    found = tx.execute(
        "SELECT grp, min(id), min(sent_ms) FROM (SELECT grp, id, sent_ms FROM ensue_work"
        f" WHERE queue = ? AND state < 2 AND state = 0 AND due_ms = {HELD_MS}"
        " ORDER BY due_ms, id LIMIT ?) GROUP BY grp ORDER BY min(id) LIMIT ?",
        (queue, HELD_LOOKED_AT_MAX, limit),
    )
    return [
        HeldGroup(group, held_of(tx, queue, group), since_ms, _first(tx, queue, group))
        for group, _, since_ms in list(found)
    ]


def held_of(tx: Transaction, queue: int, group: str) -> int:
    """How much of a group is held, counted up to 1,000."""
    [(many,)] = tx.execute(
        # The plus keeps SQLite from the index of all that is held: of one group is less.
        "SELECT count(*) FROM (SELECT 1 FROM ensue_work WHERE queue = ? AND grp = ? AND state < 2"
        f" AND +due_ms = {HELD_MS} LIMIT ?)",
        (queue, group, HELD_LOOKED_AT_MAX),
    )
    return int(many)


def _first(tx: Transaction, queue: int, group: str) -> Standing | None:
    number = first_of_group(tx, queue, group)
    found = None if number is None else piece(tx, number)
    if found is None:
        return None
    row = tx.execute(f"SELECT holder, {_ERROR} FROM ensue_work WHERE id = ?", (number,)).fetchone()
    holder, error = row or (None, None)
    return Standing(
        found, None if holder is None else str(holder), None if error is None else str(error)
    )
