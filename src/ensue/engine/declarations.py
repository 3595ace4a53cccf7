"""What the store knows of resources from earlier starts."""

from __future__ import annotations

from collections.abc import Sequence

from ensue.engine.transaction import Transaction
from ensue.words import values
from ensue.words.errors import InvalidDeclaration
from ensue.words.names import Ref
from ensue.words.values import Json

LOGGED = ("table", "bucket")  # the kinds whose log is a table beside their own


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


def check_free(tx: Transaction, ref: Ref, sql_table: str) -> None:
    """Check that the SQL names of a resource that is new are nobody's.

    Raises:
        InvalidDeclaration: one is taken.
    """
    for name in (sql_table, f"{sql_table}_changes") if ref.kind in LOGGED else (sql_table,):
        found = tx.row("SELECT type FROM sqlite_schema WHERE name = ?", (name,))
        owner = tx.row("SELECT 1 FROM ensue_resources WHERE sql_table = ?", (name,))
        if found is not None and (owner is None or name != sql_table):
            raise InvalidDeclaration(
                f"the SQL {found[0]!s} {name} is there already",
                at=str(ref),
                hint="Rename the resource, or its app.",
            )
