"""What the store knows of resources from earlier starts."""

from __future__ import annotations

from collections.abc import Sequence

from ensue.engine.transaction import Transaction
from ensue.words import values
from ensue.words.names import Ref
from ensue.words.values import Json


def declared_before(tx: Transaction, ref: Ref) -> dict[str, Json] | None:
    """A resource's declaration as the store has it; None for a new one."""
    found = tx.execute(
        "SELECT declared FROM ensue_resources WHERE (app, kind, name) = (?, ?, ?)", ref
    ).fetchone()
    said = None if found is None else values.decode(found[0])
    return said if isinstance(said, dict) else None


def rename(tx: Transaction, was: Ref, now: Ref) -> bool:
    """Give a resource of an earlier start another name: what is in it stays in it.

    Returns whether there was one, and none of the new name.
    """
    tx.execute(
        "UPDATE ensue_resources SET name = ?1 WHERE (app, kind, name) = (?2, ?3, ?4)"
        " AND NOT EXISTS (SELECT 1 FROM ensue_resources WHERE (app, kind, name) = (?2, ?3, ?1))",
        (now.name, *was),
    )
    if not tx.changed():
        return False
    tx.facts.numbers.pop(was, None)
    return True


def stranded(tx: Transaction, apps: Sequence[str], declared: set[int]) -> list[tuple[Ref, int]]:
    """Resources of these apps that are declared no more and still have work, and how much.

    Args:
        tx: where to look.
        apps: the apps that run.
        declared: the numbers of the resources that they declare.
    """
    found = tx.execute(
        "SELECT r.app, r.kind, r.name, r.number,"
        " (SELECT count(*) FROM ensue_work w WHERE w.queue = r.number AND w.state < 2)"
        " FROM ensue_resources r"
    )
    return [
        (Ref(app, kind, name), left)
        for app, kind, name, number, left in found
        if number not in declared and left and app in apps
    ]
