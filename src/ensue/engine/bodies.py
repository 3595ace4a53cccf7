"""The rows of bodies: which there are, and which nobody needs any more. `shelf` has their files.

A body is entered in the transaction that makes something of it, and let go in the one that ends the
last use of it. Its file is removed after that commit, by `body_keeper`, which forgets the row then.
"""

from __future__ import annotations

from collections.abc import Sequence

from ensue.engine.shelf import BodyPlace
from ensue.engine.transaction import Transaction
from ensue.words import values


def enter(tx: Transaction, place: BodyPlace, size: int) -> None:
    """Note that a body, which is whole on the disk, belongs to what this transaction makes."""
    tx.execute(
        "INSERT INTO ensue_bodies (number, id, size) VALUES (?, ?, ?)",
        (place.number, place.id, size),
    )


def let_go(tx: Transaction, place: BodyPlace) -> None:
    """Note that nobody needs a body any more."""
    tx.execute(
        "UPDATE ensue_bodies SET gone_ms = ? WHERE number = ? AND id = ? AND gone_ms IS NULL",
        (tx.now_ms, place.number, place.id),
    )
    tx.touched.add(place.number)


def gone(tx: Transaction, number: int, limit: int) -> list[BodyPlace]:
    """The bodies of a resource that nobody needs any more, longest first."""
    found = tx.execute(
        "SELECT id FROM ensue_bodies WHERE number = ? AND gone_ms IS NOT NULL"
        " ORDER BY gone_ms LIMIT ?",
        (number, limit),
    )
    return [BodyPlace(number, body_id) for (body_id,) in found]


def forget(tx: Transaction, places: Sequence[BodyPlace]) -> None:
    """Forget bodies whose files are removed."""
    for place in places:
        tx.execute("DELETE FROM ensue_bodies WHERE number = ? AND id = ?", place)


def unknown(tx: Transaction, number: int, ids: Sequence[str]) -> list[str]:
    """Those of some ids that no row of the resource tells of."""
    found = tx.execute(
        "SELECT value FROM json_each(?) WHERE NOT EXISTS"
        " (SELECT 1 FROM ensue_bodies WHERE number = ? AND id = value)",
        (values.encode(list(ids)), number),
    )
    return [body_id for (body_id,) in found]
