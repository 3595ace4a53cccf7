"""How much of a queue's work is not settled, how old it is, and who has it. Nothing here scans."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ensue.engine import causes
from ensue.engine.transaction import Transaction
from ensue.engine.work import COLUMNS, HELD_MS, Work

COUNTED_MAX = 10_000


class Depth(NamedTuple):
    """How much is in a queue.

    Attributes:
        waiting: all that is not settled and not leased.
        delayed: of that, what is due later.
        held: of that, what is behind an unsettled predecessor of its group.
        leased: taken and not settled.
        oldest_ms: since when the oldest that waits could have been taken; None when nothing waits.
    """

    waiting: int
    delayed: int
    held: int
    leased: int
    oldest_ms: int | None


def depth(tx: Transaction, queue: int) -> Depth:
    """How much unsettled work a queue holds.

    Where more than 10,000 pieces are due and more than 10,000 are delayed, ``delayed`` is 10,000.
    """
    counted = tx.facts.depths.committed(queue)
    waiting = counted.unsettled - counted.leased
    return Depth(
        waiting=waiting,
        delayed=_delayed(tx, queue, waiting - counted.held) if waiting else 0,
        held=counted.held,
        leased=counted.leased,
        oldest_ms=oldest_ms(tx, queue),
    )


def _delayed(tx: Transaction, queue: int, free: int) -> int:
    due = _between(tx, queue, -1, tx.now_ms)
    return free - due if due < COUNTED_MAX else _between(tx, queue, tx.now_ms, HELD_MS - 1)


def _between(tx: Transaction, queue: int, after_ms: int, up_to_ms: int) -> int:
    found = tx.row(
        "SELECT count(*) FROM (SELECT 1 FROM ensue_work WHERE queue = ? AND state < 2"
        " AND due_ms > ? AND due_ms <= ? AND state = 0 LIMIT ?)",
        (queue, after_ms, up_to_ms, COUNTED_MAX),
    )
    return found[0] if found and isinstance(found[0], int) else 0


def oldest_ms(tx: Transaction, queue: int) -> int | None:
    """Since when the oldest work that waits in a queue could have been taken; None for none.

    That is when it was sent or redriven, or when its delay was over.
    """
    # What is due at its own time is in that order there; the rest has an index.
    first = tx.row(
        "SELECT after_ms FROM ensue_work WHERE queue = ? AND state < 2 AND state = 0"
        " ORDER BY due_ms, id LIMIT 1",
        (queue,),
    )
    moved = tx.row(
        "SELECT after_ms FROM ensue_work WHERE queue = ? AND state = 0 AND due_ms <> after_ms"
        " ORDER BY after_ms LIMIT 1",
        (queue,),
    )
    times = [found[0] for found in (first, moved) if found and isinstance(found[0], int)]
    return min(times, default=None)


def waiting_since(tx: Transaction, queue: int, before_ms: int, limit: int) -> list[Work]:
    """Waiting work of a queue that could have been taken before ``before_ms``."""
    by_due = tx.execute(
        f"SELECT {COLUMNS} FROM ensue_work WHERE queue = ? AND state < 2 AND due_ms < ?"
        " AND state = 0 ORDER BY due_ms, id LIMIT ?",
        (queue, before_ms, limit),
    )
    found = {row[0]: Work(*row) for row in by_due}
    moved = tx.execute(
        f"SELECT {COLUMNS} FROM ensue_work WHERE queue = ? AND state = 0 AND due_ms <> after_ms"
        " AND after_ms < ? ORDER BY after_ms LIMIT ?",
        (queue, before_ms, limit),
    )
    found.update((row[0], Work(*row)) for row in moved)
    return [found[number] for number in sorted(found)][:limit]


class Lease(NamedTuple):
    """A piece of work that somebody has.

    Attributes:
        piece: the work; its ``due_ms`` is when the lease ends.
        holder: who received it by hand, as it said, perhaps nothing; None for the consumer.
    """

    piece: Work
    holder: str | None


def leases(tx: Transaction, queue: int, limit: int) -> list[Lease]:
    """The leases of a queue, the one that ends first before the others."""
    found = tx.execute(
        f"SELECT {COLUMNS}, holder FROM ensue_work WHERE queue = ? AND state = 1"
        " ORDER BY due_ms LIMIT ?",
        (queue, limit),
    )
    return [Lease(Work(*piece), holder) for *piece, holder in found]


def first_lease_ends_ms(tx: Transaction, queue: int) -> int | None:
    """When the first lease of a queue ends; None when nothing is leased."""
    found = tx.row(
        "SELECT due_ms FROM ensue_work WHERE queue = ? AND state = 1 ORDER BY due_ms LIMIT 1",
        (queue,),
    )
    return found[0] if found and isinstance(found[0], int) else None


def release_ended(tx: Transaction, queue: int) -> None:
    """Let what was leased and whose lease has ended count as waiting."""
    tx.execute(
        "UPDATE ensue_work SET state = 0 WHERE queue = ? AND state = 1 AND due_ms <= ?",
        (queue, tx.now_ms),
    )
    tx.facts.depths.add(queue, 0, -tx.changed())


def purge(tx: Transaction, queue: int, up_to: int, limit: int) -> list[Work]:
    """Forget waiting work with numbers up to ``up_to``; returns what it was."""
    found = tx.execute(
        f"SELECT {COLUMNS} FROM ensue_work WHERE queue = ? AND state < 2 AND state = 0"
        " AND id <= ? ORDER BY due_ms, id LIMIT ?",
        (queue, up_to, limit),
    )
    pieces = [Work(*row) for row in found]
    forget(tx, queue, pieces)
    return pieces


def forget(tx: Transaction, queue: int, pieces: Sequence[Work]) -> None:
    """Forget waiting work of a queue, and how it failed."""
    for sql in ("DELETE FROM ensue_failures WHERE work = ?", "DELETE FROM ensue_work WHERE id = ?"):
        tx.connection.executemany(sql, [(piece.id,) for piece in pieces])
    causes.left(tx, queue, (piece.id for piece in pieces))
    held = sum(piece.due_ms == HELD_MS for piece in pieces)
    tx.facts.depths.add(queue, -len(pieces), 0, -held)


def due_later(tx: Transaction, queue: int, limit: int) -> list[tuple[int, int, int]]:
    """What waits in a queue for its time: its number, when it is due and when it was sent."""
    found = tx.execute(
        "SELECT id, due_ms, sent_ms FROM ensue_work"
        " WHERE queue = ? AND due_ms > ? AND due_ms < ? AND state = 0 AND state < 2"
        " ORDER BY due_ms, id LIMIT ?",
        (queue, tx.now_ms, HELD_MS, limit),
    )
    return [(row[0], row[1], row[2]) for row in found]
