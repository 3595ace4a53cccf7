"""Work: what must happen next, now or later.

    waiting ──take──▶ leased ──finish──▶ done
       ▲                │  │
       └──── retry ─────┘  └──bury──▶ waiting in the dead-letter queue ──redrive──▶ waiting

A transaction handler finishes what it takes in one commit and needs no lease: waiting ──finish──▶
done. A lease that ends is no longer in the way: what it held may be taken again.

Work with a group keeps its order within the group: only the first unsettled piece is due, the
others are held until it is done or moved away.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from ensue.engine import causes, failures, turns
from ensue.engine.causes import DEAD_LETTER, Death
from ensue.engine.depths import Count
from ensue.engine.ids import WORK_NUMBER
from ensue.engine.measures import DEAD_LETTERED, FAILED, RECEIVED
from ensue.engine.transaction import Transaction
from ensue.engine.turns import NO_TURN, Turn
from ensue.words import values
from ensue.words.errors import StoreUnusable

WAITING, LEASED, DONE = 0, 1, 2
HELD_MS = 2**62

BATCH_MAX = 10_000


class Work(NamedTuple):
    """One piece of work.

    Attributes:
        id: its number.
        queue: the number of the queue, function or mail it is in.
        state: WAITING, LEASED or DONE.
        due_ms: when it may be taken; while leased, when the lease ends; once done, when that was.
        receives: how often it was taken.
        sent_ms: when it was sent.
        taken_ms: when it was last taken.
        hop: what produced it.
        group: its group; None for none.
        body: JSON text.
        attributes: JSON text of an object; None for an empty one.
        crashes: how many of its receives ended with the death of the process.
        priority: 0 to 9 in a queue that has priorities or is fair; None elsewhere.
        tenant: whose it is; None for nobody's.
    """

    id: int
    queue: int
    state: int
    due_ms: int
    receives: int
    sent_ms: int
    taken_ms: int | None
    hop: int | None
    group: str | None
    body: str
    attributes: str | None
    crashes: int = 0
    priority: int | None = None
    tenant: str | None = None


COLUMNS = (
    "id, queue, state, due_ms, receives, sent_ms, taken_ms, hop, grp, body, attributes,"
    " crashes, priority, tenant"
)


def add(
    tx: Transaction,
    queue: int,
    body: str,
    *,
    delay_ms: int = 0,
    group: str | None = None,
    attributes: str | None = None,
    turn: Turn = NO_TURN,
) -> int:
    """Add work, due after ``delay_ms``; returns its number.

    ``turn`` counts in a queue that has an order of its own only.
    """
    after_ms = tx.now_ms + delay_ms
    held = group is not None and first_of_group(tx, queue, group) is not None
    due_ms = HELD_MS if held else after_ms
    row = (queue, due_ms, after_ms, tx.now_ms, tx.hop, group, body, attributes)
    if queue not in tx.facts.orders:
        tx.execute(
            "INSERT INTO ensue_work"
            " (queue, due_ms, after_ms, sent_ms, hop, grp, body, attributes)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            row,
        )
    else:
        rank = turns.rank(tx, queue, turn, due_ms) if due_ms == tx.now_ms else None
        tx.execute(
            "INSERT INTO ensue_work"
            " (queue, due_ms, after_ms, sent_ms, hop, grp, body, attributes,"
            " priority, tenant, rank) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (*row, turn.priority, turn.tenant, rank),
        )
    tx.facts.depths.add(queue, 1, 0, 1 if held else 0)
    tx.touched.add(queue)
    return tx.connection.last_insert_rowid()


def due(tx: Transaction, queue: int, limit: int) -> list[Work]:
    """The work that may be taken now, longest due first."""
    found = tx.execute(
        f"SELECT {COLUMNS} FROM ensue_work"
        " WHERE queue = ? AND state < 2 AND due_ms <= ? ORDER BY due_ms, id LIMIT ?",
        (queue, tx.now_ms, limit),
    )
    try:
        return list(map(Work._make, found))
    except UnicodeDecodeError as fault:
        raise StoreUnusable(
            "the store holds work whose text is damaged",
            hint="`ensue check` says what is wrong with it; restore a backup.",
        ) from fault


def lease(
    tx: Transaction, taken: Sequence[Work], lease_ms: int, holder: str | None = None
) -> list[Work]:
    """Take work for a time, as it was just found in this transaction.

    Returns it as it is now, with its receive count.
    """
    until_ms = tx.now_ms + lease_ms
    tx.connection.executemany(
        "UPDATE ensue_work SET state = 1, receives = receives + 1, due_ms = ?, taken_ms = ?,"
        " holder = ?, rank = NULL WHERE id = ?",
        [(until_ms, tx.now_ms, holder, piece.id) for piece in taken],
    )
    if taken:
        waited = sum(piece.state == WAITING for piece in taken)
        tx.facts.depths.add(taken[0].queue, 0, waited)
        tx.facts.depths.count(taken[0].queue, RECEIVED, len(taken))
    leased = (LEASED, until_ms)
    return [
        Work._make((*each[:2], *leased, each.receives + 1, each.sent_ms, tx.now_ms, *each[7:]))
        for each in taken
    ]


def received(piece: Work, receives: int) -> Work:
    """A piece of work with another count of receives. `_replace` takes three times as long."""
    return Work._make((*piece[:4], receives, *piece[5:]))


def unlease(tx: Transaction, taken: Work) -> None:
    """Take back a lease as if it had never been: the store failed before the work was begun."""
    tx.execute(
        "UPDATE ensue_work SET state = 0, receives = receives - 1, due_ms = ?"
        " WHERE id = ? AND receives = ? AND state = 1",
        (tx.now_ms, taken.id, taken.receives),
    )
    tx.facts.depths.add(taken.queue, 0, -tx.changed())


def finish(tx: Transaction, done: Sequence[Work]) -> int:
    """Mark leased work of a queue as done, unless its lease has passed to another receive.

    Returns how much of it was still these receives' to settle.
    """
    sql = (
        "UPDATE ensue_work SET state = 2, due_ms = ? WHERE id = ? AND receives = ?"
        " AND taken_ms = ? AND state = 1"
    )
    if not done:
        return 0
    now_ms, before = tx.now_ms, tx.connection.total_changes()
    tx.connection.executemany(
        sql,
        [(now_ms, each.id, each.receives, each.taken_ms) for each in done if each.group is None],
    )
    settled = tx.connection.total_changes() - before
    for each in done:
        if each.group is not None:
            tx.execute(sql, (now_ms, each.id, each.receives, each.taken_ms))
            if tx.changed():
                settled += 1
                release_groups(tx, [each])
    tx.facts.depths.complete(done[0].queue, settled, settled)
    causes.settled(tx, done[0].queue, (piece.id for piece in done))
    return settled


def finish_untaken(tx: Transaction, done: Sequence[Work]) -> None:
    """Mark work as done that was taken and settled in this one transaction."""
    if not done:
        return
    first = done[0].id
    if [piece.id for piece in done] == [*range(first, first + len(done))]:
        tx.execute(
            "UPDATE ensue_work SET state = 2, receives = receives + 1, due_ms = ?1, taken_ms = ?1"
            " WHERE id BETWEEN ?2 AND ?3",
            (tx.now_ms, first, done[-1].id),
        )
    else:
        tx.connection.executemany(
            "UPDATE ensue_work SET state = 2, receives = receives + 1, due_ms = ?1, taken_ms = ?1"
            " WHERE id = ?2",
            [(tx.now_ms, piece.id) for piece in done],
        )
    causes.left(tx, done[0].queue, (piece.id for piece in done))
    leased = [piece.state for piece in done].count(LEASED)
    tx.facts.depths.complete(done[0].queue, len(done), leased)
    release_groups(tx, done)


def retry(tx: Transaction, piece: Work, error: str, delay_ms: int) -> bool:
    """Make failed work due again after ``delay_ms`` and record why it failed.

    ``piece.receives`` counts the receive that failed. Returns whether the work was still this
    receive's to give back.
    """
    before = _counted(tx, piece)
    tx.execute(
        "UPDATE ensue_work SET state = 0, due_ms = ?, receives = ?, taken_ms = ?, rank = NULL"
        " WHERE id = ?"
        " AND queue = ? AND state < 2 AND receives <= ? AND taken_ms IS ?",
        (
            tx.now_ms + delay_ms,
            piece.receives,
            tx.now_ms,
            piece.id,
            piece.queue,
            piece.receives,
            piece.taken_ms,
        ),
    )
    if not tx.changed():
        return False
    tx.facts.depths.add(piece.queue, 0, -before.leased, -before.held)
    tx.facts.depths.count(piece.queue, FAILED)
    failures.record(tx, piece.id, piece.receives, error, piece.taken_ms if piece.state else None)
    tx.touched.add(piece.queue)
    return True


def bury(tx: Transaction, piece: Work, error: str, dead_letters: int) -> bool:
    """Move work to its dead-letter queue, with the reason among its attributes.

    Returns whether the work was still this receive's to move.
    """
    attributes = attributes_of(piece)
    attributes[DEAD_LETTER] = {
        "from": piece.queue,
        "reason": error[: failures.ERROR_LENGTH_MAX],
        "receives": piece.receives,
        "at_ms": tx.now_ms,
    }
    before = _counted(tx, piece)
    tx.execute(
        "UPDATE ensue_work SET queue = ?, state = 0, due_ms = ?, attributes = ?, receives = 0,"
        " crashes = 0, rank = NULL"
        " WHERE id = ? AND queue = ? AND state < 2 AND receives <= ? AND taken_ms IS ?",
        (
            dead_letters,
            tx.now_ms,
            values.encode(attributes),
            piece.id,
            piece.queue,
            piece.receives,
            piece.taken_ms,
        ),
    )
    if not tx.changed():
        return False
    tx.facts.depths.add(piece.queue, -1, -before.leased, -before.held)
    tx.facts.depths.add(dead_letters, 1)
    causes.died(tx, dead_letters, piece.id, Death(piece.queue, error, tx.now_ms))
    tx.facts.depths.count(piece.queue, FAILED)
    tx.facts.depths.count(piece.queue, DEAD_LETTERED)
    failures.record(tx, piece.id, piece.receives, error, piece.taken_ms if piece.state else None)
    release_groups(tx, [] if before.held else [piece._replace(due_ms=tx.now_ms)])
    tx.touched.add(dead_letters)
    return True


def give_back(tx: Transaction, taken: Sequence[Work]) -> int:
    """End leases early without a verdict, when the process stops before the work was done.

    Returns how many of them were still these receives'.
    """
    return sum(lease_until(tx, piece, tx.now_ms) for piece in taken)


def lease_until(tx: Transaction, taken: Work, until_ms: int) -> bool:
    """Let a lease end at another time; now gives the work back.

    Returns whether it was still this receive's.
    """
    given_back = until_ms <= tx.now_ms
    state = WAITING if given_back else LEASED
    tx.execute(
        "UPDATE ensue_work SET state = ?, due_ms = ?, rank = NULL WHERE id = ? AND receives = ?"
        " AND taken_ms = ? AND state = 1",
        (state, until_ms, taken.id, taken.receives, taken.taken_ms),
    )
    if not tx.changed():
        return False
    tx.facts.depths.add(taken.queue, 0, -1 if given_back else 0)
    tx.touched.add(taken.queue)
    return True


def next_due_ms(tx: Transaction, queue: int) -> int | None:
    """When the next work of a queue may be taken; None when there is none to wait for."""
    found = tx.row(
        "SELECT due_ms FROM ensue_work WHERE queue = ? AND state < 2 ORDER BY due_ms, id LIMIT 1",
        (queue,),
    )
    if found is None or not isinstance(found[0], int) or found[0] == HELD_MS:
        return None
    return found[0]


def has_unsettled(tx: Transaction, queue: int) -> bool:
    """Whether a queue holds any work that is not done."""
    sql = "SELECT 1 FROM ensue_work WHERE queue = ? AND state < 2 LIMIT 1"
    return tx.row(sql, (queue,)) is not None


def piece(tx: Transaction, work_id: int) -> Work | None:
    """One piece of work; None when it is not kept any more, or never was."""
    found = tx.execute(f"SELECT {COLUMNS} FROM ensue_work WHERE id = ?", (work_id,)).fetchone()
    return None if found is None else Work(*found)


def peek(tx: Transaction, queue: int, limit: int) -> list[Work]:
    """Unsettled work of a queue without taking it, longest due first."""
    found = tx.execute(
        f"SELECT {COLUMNS} FROM ensue_work WHERE queue = ? AND state < 2"
        " ORDER BY due_ms, id LIMIT ?",
        (queue, limit),
    )
    return [Work(*row) for row in found]


def produced_by(tx: Transaction, hop: int, limit: int) -> list[Work]:
    """The work that a hop produced."""
    found = tx.execute(
        f"SELECT {COLUMNS} FROM ensue_work WHERE hop = ? ORDER BY id LIMIT ?", (hop, limit)
    )
    return [Work(*row) for row in found]


def attributes_of(piece: Work) -> dict[str, values.Json]:
    """The attributes of a piece of work."""
    found = values.decode(piece.attributes) if piece.attributes else {}
    return found if isinstance(found, dict) else {}


def record_id(tx: Transaction, work_id: int) -> str:
    """The id by which people and other systems know a piece of work."""
    return tx.facts.records.text(WORK_NUMBER, work_id)


def first_of_group(tx: Transaction, queue: int, group: str) -> int | None:
    """The first unsettled piece of a group."""
    found = tx.row(
        "SELECT id FROM ensue_work WHERE queue = ? AND grp = ? AND state < 2 ORDER BY id LIMIT 1",
        (queue, group),
    )
    return found[0] if found and isinstance(found[0], int) else None


def release_groups(tx: Transaction, settled: Iterable[Work]) -> None:
    """Make the next of each settled piece's group due. What was held itself held nothing back."""
    for piece in settled:
        if piece.group is None or piece.due_ms == HELD_MS:
            continue
        following = first_of_group(tx, piece.queue, piece.group)
        if following is not None:
            tx.execute(
                "UPDATE ensue_work SET due_ms = max(after_ms, ?) WHERE id = ? AND due_ms = ?",
                (tx.now_ms, following, HELD_MS),
            )
            tx.facts.depths.add(piece.queue, 0, 0, -tx.changed())
            tx.touched.add(piece.queue)


def _counted(tx: Transaction, piece: Work) -> Count:
    """What a piece of work counts as now."""
    found = tx.row("SELECT state, due_ms FROM ensue_work WHERE id = ?", (piece.id,))
    state, due_ms = found or (DONE, 0)
    return Count(int(state != DONE), int(state == LEASED), int(due_ms == HELD_MS))
