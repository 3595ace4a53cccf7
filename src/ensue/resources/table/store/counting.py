"""How many items there are by an attribute: counted once, and then by what came since."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from ensue.engine import logs
from ensue.engine.transaction import Transaction
from ensue.resources.table import schema
from ensue.resources.table.model import COUNTED_MAX, RECOUNT, TableModel
from ensue.resources.table.store.rows import is_over
from ensue.words.errors import LimitExceeded, NotFound


@dataclass(frozen=True, slots=True)
class Tally:
    """How many rows of each value there were at a position of the change log."""

    position: int
    rows: Counter[Any]


def counts(
    tx: Transaction, table: TableModel, index: str, before: Tally | None
) -> tuple[dict[Any, int], Tally]:
    """How many items each partition of an index has, and what to give as ``before`` next time.

    From an earlier count only what came since is looked at, in the change log, while that is kept
    and not longer than counting anew.

    Raises:
        NotFound: there is no such index.
        LimitExceeded: it has more than 1,000 partitions.
    """
    attributes = table.indexes.get(index)
    if attributes is None:
        raise NotFound(f"there is no index {index} on {table.ref}")
    last = logs.last_sequence(tx, table.changes)
    rows = None if before is None else _since(tx, table, attributes, before, last)
    if rows is None:
        rows = _all(tx, table, attributes)
    tally = Tally(last, rows)
    return dict(rows - _ended(tx, table, attributes)), tally


def _all(tx: Transaction, table: TableModel, attributes: tuple[str, ...]) -> Counter[Any]:
    """Count each value by itself: grouped, SQLite would read the items beside the index."""
    value, has = schema.attribute(attributes[0]), schema.is_indexed(attributes)
    following = f"SELECT {value} FROM {table.sql} WHERE {has} AND {value} > ?1 ORDER BY 1 LIMIT 1"
    first = tx.row(f"SELECT {value} FROM {table.sql} WHERE {has} ORDER BY 1 LIMIT 1")
    found: Counter[Any] = Counter()
    while first is not None and len(found) <= COUNTED_MAX:
        counted = tx.row(f"SELECT count(*) FROM {table.sql} WHERE {value} = ?1 AND {has}", first)
        found[first[0]] = 0 if counted is None else int(counted[0] or 0)
        first = tx.row(following, first)
    return _checked(found, table)


def _ended(tx: Transaction, table: TableModel, attributes: tuple[str, ...]) -> Counter[Any]:
    """Those that have ended and are not removed yet: few, so they are found by when they end."""
    over = is_over(table)
    if over is None:
        return Counter()
    found = tx.rows(
        f"SELECT {schema.attribute(attributes[0])} FROM {table.sql}"
        f" WHERE {over} AND +({schema.is_indexed(attributes)})",
        {"now_s": tx.now_ms / 1_000},
    )
    return Counter(value for (value,) in found)


def _since(
    tx: Transaction, table: TableModel, attributes: tuple[str, ...], before: Tally, last: int
) -> Counter[Any] | None:
    """An earlier count brought up to now; None where counting anew is surer, or sooner done."""
    found = before.rows.copy()
    if before.position == last:
        return found
    first = tx.row(f"SELECT min(sequence) FROM {table.changes}")
    is_kept = first is not None and isinstance(first[0], int) and first[0] <= before.position + 1
    if not is_kept or last - before.position > RECOUNT:
        return None
    was, now = (_partition(side, attributes) for side in ("old", "new"))
    # An insert from outside may be a REPLACE, and then nothing says that it removed something.
    moved: list[Any] = tx.rows(
        f"SELECT {was}, {now}, count(*), count(*) FILTER (WHERE kind = 'insert' AND hop IS NULL)"
        f" FROM {table.changes} WHERE sequence > ? GROUP BY 1, 2",
        (before.position,),
    )
    for left, came, many, from_outside in moved:
        if from_outside:
            return None
        found[left] -= many
        found[came] += many
    del found[None]
    return _checked(+found, table)


def _partition(side: str, attributes: tuple[str, ...]) -> str:
    """The SQL expression of a partition before or after a change; NULL outside the index."""
    has = " AND ".join(f"json_extract({side}, '$.{name}') IS NOT NULL" for name in attributes)
    return f"CASE WHEN {has} THEN json_extract({side}, '$.{attributes[0]}') END"


def _checked(found: Counter[Any], table: TableModel) -> Counter[Any]:
    if len(found) > COUNTED_MAX:
        raise LimitExceeded(f"expected at most {COUNTED_MAX} values to count {table.ref} by")
    return found
