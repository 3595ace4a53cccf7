"""Dead letters: work that was moved to a dead-letter queue, and its way back."""

from __future__ import annotations

from typing import NamedTuple

from ensue.engine import causes
from ensue.engine.causes import DEAD_LETTER
from ensue.engine.transaction import Transaction
from ensue.engine.work import (
    COLUMNS,
    DONE,
    HELD_MS,
    LEASED,
    WAITING,
    Work,
    attributes_of,
    first_of_group,
    piece,
    release_groups,
)
from ensue.words import values
from ensue.words.values import Json

BEGINNING = (-1, -1)


class Letter(NamedTuple):
    """A dead letter.

    Attributes:
        piece: the work.
        home: the number of the queue, function or mail where it died.
        reason: why.
        receives: how often it had been received there.
        at_ms: when it died.
        attributes: its attributes without those of its death.
    """

    piece: Work
    home: int
    reason: str
    receives: int
    at_ms: int
    attributes: dict[str, Json]


def look(
    tx: Transaction, queue: int, after: tuple[int, int], until_ms: int, limit: int
) -> list[Work]:
    """What nobody has taken from a queue, and became due until ``until_ms``, in that order.

    Args:
        tx: the transaction.
        queue: the dead-letter queue.
        after: due time and number of the last that was seen; `BEGINNING` for none.
        until_ms: what died later is left alone.
        limit: how many at most.
    """
    found = tx.execute(
        f"SELECT {COLUMNS} FROM ensue_work WHERE queue = ? AND state < 2"
        " AND (due_ms, id) > (?, ?) AND due_ms <= ? ORDER BY due_ms, id LIMIT ?",
        (queue, *after, until_ms, limit),
    )
    return [Work(*row) for row in found]


class Seen(NamedTuple):
    """A letter where it was seen.

    Attributes:
        at: its place in the order in which it was looked for.
        piece: the work.
    """

    at: tuple[int, int]
    piece: Work


def look_at_cause(
    tx: Transaction, cause: int, after: tuple[int, int], until_ms: int, limit: int
) -> list[Seen]:
    """What nobody has taken of the letters of one cause, in the order in which they died.

    Args:
        tx: the transaction.
        cause: the number of the cause.
        after: time of death and number of the last that was seen; `BEGINNING` for none.
        until_ms: what died later is left alone.
        limit: how many at most.
    """
    found = tx.execute(
        f"SELECT at_ms, {COLUMNS} FROM ensue_dead CROSS JOIN ensue_work ON id = work"
        " WHERE cause = ? AND (at_ms, work) > (?, ?) AND at_ms <= ?"
        " AND state < 2 AND due_ms <= ? ORDER BY at_ms, work LIMIT ?",
        (cause, *after, until_ms, tx.now_ms, limit),
    )
    return [_seen(at_ms, Work(*row)) for at_ms, *row in found]


def newest_of_cause(tx: Transaction, cause: int, before: tuple[int, int], limit: int) -> list[Seen]:
    """The letters of one cause, also those that somebody has, the last to die first."""
    found = tx.execute(
        f"SELECT at_ms, {COLUMNS} FROM ensue_dead CROSS JOIN ensue_work ON id = work"
        " WHERE cause = ? AND (at_ms, work) < (?, ?) ORDER BY at_ms DESC, work DESC LIMIT ?",
        (cause, *before, limit),
    )
    return [_seen(at_ms, Work(*row)) for at_ms, *row in found]


def newest(tx: Transaction, queue: int, before: tuple[int, int], limit: int) -> list[Seen]:
    """What is not settled in a dead-letter queue, the last that came first."""
    found = tx.execute(
        f"SELECT due_ms, {COLUMNS} FROM ensue_work WHERE queue = ? AND state < 2"
        " AND (due_ms, id) < (?, ?) ORDER BY due_ms DESC, id DESC LIMIT ?",
        (queue, *before, limit),
    )
    return [_seen(at_ms, Work(*row)) for at_ms, *row in found]


def named(tx: Transaction, queue: int, work_id: int) -> Work | None:
    """A letter of a dead-letter queue that nobody has taken; None where there is none."""
    found = piece(tx, work_id)
    if found is None or found.queue != queue or found.state == DONE or found.due_ms > tx.now_ms:
        return None
    return found


def _seen(at_ms: int, found: Work) -> Seen:
    return Seen((at_ms, found.id), found)


def letter_of(found: Work) -> Letter | None:
    """Work as a dead letter; None for what was sent there by hand, and did not die."""
    attributes = attributes_of(found)
    death = attributes.pop(DEAD_LETTER, None)
    if not isinstance(death, dict) or not isinstance(death.get("from"), int):
        return None
    return Letter(
        piece=found,
        home=_whole(death.get("from")),
        reason=str(death.get("reason", "")),
        receives=_whole(death.get("receives")),
        at_ms=_whole(death.get("at_ms")),
        attributes=attributes,
    )


def revive(tx: Transaction, letter: Letter, body: str | None = None) -> None:
    """Move a dead letter back to where it died, as if it were new there, perhaps with a new body.

    In its group it waits for what is due or taken there, and then has its place in the order of
    sending again.
    """
    dead, home = letter.piece, letter.home
    held = dead.group is not None and first_of_group(tx, home, dead.group) is not None
    tx.execute(
        "UPDATE ensue_work SET queue = ?, state = 0, due_ms = ?, receives = 0, crashes = 0,"
        " taken_ms = NULL, rank = NULL, after_ms = ?, attributes = ?, body = coalesce(?, body),"
        " priority = CASE WHEN ? THEN coalesce(priority, 0) END WHERE id = ?",
        (
            home,
            HELD_MS if held else tx.now_ms,
            tx.now_ms,
            values.encode(letter.attributes) if letter.attributes else None,
            body,
            home in tx.facts.orders,
            dead.id,
        ),
    )
    tx.facts.depths.add(dead.queue, -1, -int(dead.state == LEASED))
    causes.left(tx, dead.queue, [dead.id])
    tx.facts.depths.add(home, 1, 0, int(held))
    release_groups(tx, [dead])
    tx.touched.add(home)


def put_back(
    tx: Transaction,
    work_id: int,
    home: int,
    dead_letters: int,
    was: tuple[str, str | None],
    *,
    until_ms: int,
) -> bool:
    """Move revived work that nobody has and that is not settled back to its dead-letter queue.

    Args:
        tx: the transaction.
        work_id: its number.
        home: where it was moved to.
        dead_letters: where it goes.
        was: its attributes before; and its body, None where that was not changed.
        until_ms: what was revived later died again meanwhile, and is left alone.

    Returns:
        Whether it was still there.
    """
    found = piece(tx, work_id)
    if found is None or found.queue != home or found.state != WAITING:
        return False
    if tx.row("SELECT 1 FROM ensue_work WHERE id = ? AND after_ms > ?", (work_id, until_ms)):
        return False
    attributes, body = was
    tx.execute(
        "UPDATE ensue_work SET queue = ?, due_ms = ?, receives = 0, crashes = 0, taken_ms = NULL,"
        " rank = NULL, attributes = ?, body = coalesce(?, body) WHERE id = ?",
        (dead_letters, tx.now_ms, attributes, body, work_id),
    )
    tx.facts.depths.add(home, -1, 0, -int(found.due_ms == HELD_MS))
    tx.facts.depths.add(dead_letters, 1)
    death = causes.death_of(attributes)
    if death is not None:
        causes.died(tx, dead_letters, work_id, death)
    release_groups(tx, [found])
    tx.touched.add(dead_letters)
    return True


def _whole(found: Json) -> int:
    return found if isinstance(found, int) else 0
