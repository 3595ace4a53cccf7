"""What a topic promises of its log, checked in the store itself, whether its app runs or not."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from ensue.engine import logs, shapes
from ensue.engine.integrity import Known
from ensue.engine.transaction import Transaction
from ensue.words.findings import Finding


def audit(tx: Transaction, known: Known) -> Iterator[Finding]:
    """What is wrong with the SQL of a topic's log."""
    if known.sql_table is not None:
        there = shapes.shapes(tx.connection)
        yield from shapes.differences(_wanted(known.sql_table), there, str(known.ref))


@lru_cache(maxsize=256)
def _wanted(table: str) -> dict[str, shapes.Shape]:
    return shapes.made_by(lambda tx: logs.create(tx, table))
