"""What a table promises of its SQL, checked in the store itself, whether its app runs or not."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from ensue.engine import logs, shapes
from ensue.engine.integrity import FINDINGS_MAX, Known
from ensue.engine.transaction import Transaction
from ensue.resources.table import schema
from ensue.resources.table.model import TableModel
from ensue.words.findings import Finding
from ensue.words.names import Ref


def audit(tx: Transaction, known: Known) -> Iterator[Finding]:
    """What is wrong with a table: its schema, or its log and its items that do not agree."""
    key, indexes = known.declared.get("key"), known.declared.get("indexes", {})
    if not isinstance(key, list) or not isinstance(indexes, dict):
        return
    ttl, keep_ms = known.declared.get("ttl"), known.declared.get("keep_changes_ms")
    table = TableModel(
        ref=known.ref,
        key=tuple(str(part) for part in key),
        indexes={
            name: tuple(str(part) for part in attributes)
            for name, attributes in indexes.items()
            if isinstance(attributes, list)
        },
        ttl=ttl if isinstance(ttl, str) else None,
        keep_ms=keep_ms if isinstance(keep_ms, int) else None,
    )
    wanted = _wanted(table.ref, table.key, tuple(table.indexes.items()), table.ttl, table.keep_ms)
    wrong = list(shapes.differences(wanted, shapes.shapes(tx.connection), str(known.ref)))
    yield from wrong
    if not any(finding.rule == "schema.table" for finding in wrong):
        yield from _agree(tx, table)
        yield from _have_changes(tx, table)


@lru_cache(maxsize=256)
def _wanted(
    ref: Ref,
    key: tuple[str, ...],
    indexes: tuple[tuple[str, tuple[str, ...]], ...],
    ttl: str | None,
    keep_ms: int | None,
) -> dict[str, shapes.Shape]:
    """What the table's SQL looks like where it is made now."""
    table = TableModel(ref=ref, key=key, indexes=dict(indexes), ttl=ttl, keep_ms=keep_ms)

    def build(tx: Transaction) -> None:
        logs.create(tx, table.changes)
        schema.create(tx, table)

    return shapes.made_by(build)


def _agree(tx: Transaction, table: TableModel) -> Iterator[Finding]:
    """The last change of each key says what its item is now."""
    on = " AND ".join(
        f"i.{name} = {schema.key_part('c.key', index)}"
        for index, name in enumerate(table.key_columns)
    )
    for sequence, kind in tx.execute(
        f"SELECT c.sequence, c.kind FROM {table.changes} c"
        f" JOIN (SELECT max(sequence) AS sequence FROM {table.changes} GROUP BY key) last"
        f" ON last.sequence = c.sequence LEFT JOIN {table.sql} i ON {on}"
        " WHERE CASE c.kind WHEN 'remove' THEN i.pk IS NOT NULL ELSE i.item IS NOT c.new END"
        f" LIMIT {FINDINGS_MAX + 1}"
    ):
        yield Finding(
            "table.changes",
            f"{table.changes} {sequence}",
            f"the last change of its key is this {kind}, and the item in {table.sql} is not so",
            "Those who follow the table do not know what it holds: write the item once more.",
        )


def _have_changes(tx: Transaction, table: TableModel) -> Iterator[Finding]:
    """While the log is kept from its beginning, each item has a change in it."""
    [(first, many)] = tx.execute(f"SELECT min(sequence), count(*) FROM {table.changes}")
    if first != 1 or many != logs.last_sequence(tx, table.changes):
        return
    key = schema.key_text(*(f"i.{name}" for name in table.key_columns))
    for (pk,) in tx.execute(
        f"SELECT {key} FROM {table.sql} i"
        f" WHERE {key} NOT IN (SELECT key FROM {table.changes}) LIMIT {FINDINGS_MAX + 1}"
    ):
        yield Finding(
            "table.unchanged",
            f"{table.sql} {pk}",
            "the item has no change in the log, which is kept from its beginning",
            "Those who follow the table do not know of it: write the item once more.",
        )
