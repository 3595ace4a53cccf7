"""A table's SQL: the items, their indexes, and the triggers that capture every change.

The triggers are SQLite's own and use nothing of ours, so that a statement typed into the `sqlite3`
program is captured too, whether Ensue runs or not.

Every write of Ensue raises ``version`` and names its hop. A statement from outside does neither:
by that the triggers tell them apart, leave the hop of its changes empty, and raise the version.

An item's version is at first the sequence number of the change that brought it, and one more with
each change: so no version is ever given twice under one key, not to an item that was removed and
came again either.
"""

from __future__ import annotations

from collections.abc import Mapping

from ensue.engine.transaction import Transaction
from ensue.resources.table.model import TableModel
from ensue.words import values
from ensue.words.errors import InvalidDeclaration
from ensue.words.values import Json


def create(tx: Transaction, table: TableModel) -> None:
    """Make the table with its indexes and triggers, as far as they are not there."""
    columns = "pk NOT NULL, sk NOT NULL" if len(table.key) == 2 else "pk NOT NULL"
    tx.execute(
        f"CREATE TABLE IF NOT EXISTS {table.sql} ({columns},"
        " item TEXT NOT NULL CHECK (json_valid(item)),"
        " version INTEGER NOT NULL DEFAULT 1, hop INTEGER,"
        f" PRIMARY KEY ({', '.join(table.key_columns)})) WITHOUT ROWID"
    )
    for name, body in _triggers(table).items():
        _create_trigger(tx, name, body)
    for name, attributes in table.indexes.items():
        tx.execute(
            f"CREATE INDEX IF NOT EXISTS {index_name(table, name)}"
            f" ON {table.sql} ({index_columns(table, attributes)})"
            f" WHERE {is_indexed(attributes)}"
        )
    _create_expiry_index(tx, table)
    _create_key_index(tx, table)


def adapt(tx: Transaction, table: TableModel, before: Mapping[str, Json]) -> None:
    """Bring a table from an earlier declaration to this one, as far as that can be done.

    Raises:
        InvalidDeclaration: the key has changed.
    """
    if before["key"] != list(table.key):
        raise InvalidDeclaration(
            f"the key of {table.ref} is {values.shown(before['key'])} in the store,"
            f" {list(table.key)} in the app",
            at=str(table.ref),
            hint="Declare a table of another name, and copy the items in a handler.",
        )
    indexes = before["indexes"]
    for name, attributes in indexes.items() if isinstance(indexes, dict) else ():
        if attributes != list(table.indexes.get(name, ())):
            tx.execute(f"DROP INDEX IF EXISTS {index_name(table, name)}")
    if before.get("ttl") != table.ttl:
        tx.execute(f"DROP INDEX IF EXISTS {expiry_index(table)}")


def note_times(tx: Transaction, table: TableModel) -> None:
    """Give the changes of a table that keeps them from now on their own times.

    Until now they had those of their hops, which are forgotten sooner.
    """
    if table.keep_ms is not None:
        tx.execute(
            f"UPDATE {table.changes} SET at_ms = (SELECT at_ms FROM ensue_hops WHERE id = hop)"
            " WHERE at_ms IS NULL AND hop IS NOT NULL"
        )


def attribute(name: str) -> str:
    """The SQL expression of an item's attribute, the same in index and query."""
    return f"json_extract(item, '$.{name}')"


def is_indexed(attributes: tuple[str, ...]) -> str:
    """The SQL condition for an item to be in an index: it has all the attributes of it."""
    return " AND ".join(f"{attribute(name)} IS NOT NULL" for name in attributes)


def has_end(name: str) -> str:
    """The SQL condition for an item to have an end: its attribute of that is a number."""
    return f"json_type(item, '$.{name}') IN ('integer', 'real')"


def index_name(table: TableModel, name: str) -> str:
    """The SQL name of an index."""
    return f"{table.sql}_by_{name}".replace("-", "_")


def expiry_index(table: TableModel) -> str:
    """The SQL name of the index on when items expire; no index of an app has such a name."""
    return f"{table.sql}_by__ttl"


def key_index(table: TableModel) -> str:
    """The SQL name of the index on the keys in the change log."""
    return f"{table.changes}_by_key"


def index_columns(table: TableModel, attributes: tuple[str, ...]) -> str:
    """The SQL expressions of an index: its attributes, then the key, so that order is total."""
    return ", ".join([*(attribute(name) for name in attributes), *table.key_columns])


def key_text(*columns: str) -> str:
    """The SQL expression of a key as the change log has it, from those of its values."""
    parts = " || ',' || ".join(map(_quoted, columns))
    return f"'[' || {parts} || ']'"


def key_part(key: str, index: int) -> str:
    """The SQL expression of one value of a key, from that of the key as the change log has it."""
    return (
        f"CASE json_type({key}, '$[{index}]') WHEN 'object'"
        f" THEN unhex(json_extract({key}, '$[{index}].\"$bytes\"'))"
        f" ELSE json_extract({key}, '$[{index}]') END"
    )


def _quoted(column: str) -> str:
    return (
        f"CASE typeof({column}) WHEN 'blob'"
        f" THEN '{{\"$bytes\":\"' || lower(hex({column})) || '\"}}'"
        # Only another program writes a whole number so; it is the key that the integer is.
        f" WHEN 'real' THEN json_quote(CASE WHEN {column} = CAST({column} AS INTEGER)"
        f" THEN CAST({column} AS INTEGER) ELSE {column} END)"
        f" ELSE json_quote({column}) END"
    )


def _create_trigger(tx: Transaction, name: str, body: str) -> None:
    """Make a trigger as this version does it; an older version's is replaced."""
    wanted = f"CREATE TRIGGER {name} {body}"
    found = tx.row("SELECT sql FROM sqlite_schema WHERE type = 'trigger' AND name = ?", (name,))
    if found != (wanted,):
        tx.execute(f"DROP TRIGGER IF EXISTS {name}")
        tx.execute(wanted)


def _create_expiry_index(tx: Transaction, table: TableModel) -> None:
    if table.ttl is not None:
        tx.execute(
            f"CREATE INDEX IF NOT EXISTS {expiry_index(table)} ON {table.sql}"
            f" ({attribute(table.ttl)}) WHERE {has_end(table.ttl)}"
        )


def _create_key_index(tx: Transaction, table: TableModel) -> None:
    if table.keep_ms is None:
        tx.execute(f"DROP INDEX IF EXISTS {key_index(table)}")
    else:
        tx.execute(
            f"CREATE INDEX IF NOT EXISTS {key_index(table)} ON {table.changes} (key, sequence)"
        )


def _triggers(table: TableModel) -> dict[str, str]:
    """The triggers by name: what each does, and when."""
    columns = table.key_columns
    new_key = key_text(*(f"NEW.{each}" for each in columns))
    old_key = key_text(*(f"OLD.{each}" for each in columns))
    new_row = " AND ".join(f"{each} = NEW.{each}" for each in columns)
    was, now = (f"({', '.join(f'{of}.{each}' for each in columns)})" for of in ("OLD", "NEW"))
    # Only where changes are kept for longer than hops, they note their time themselves.
    at = "NULL" if table.keep_ms is None else "(SELECT at_ms FROM ensue_hops WHERE id = NEW.hop)"
    # An item that another program brings gets its first version as ours do.
    newest = "sequence = last_insert_rowid()"
    number_change = f"UPDATE {table.changes} SET version = sequence WHERE {newest}"
    number_item = f"UPDATE {table.sql} SET version = last_insert_rowid() WHERE {new_row}"
    ours = "NEW.version IS NOT OLD.version"
    return {
        f"{table.sql}_insert": (
            f"AFTER INSERT ON {table.sql} BEGIN"
            f" INSERT INTO {table.changes} (kind, key, new, hop, version, at_ms)"
            f" VALUES ('insert', {new_key}, NEW.item, NEW.hop, NEW.version, {at});"
            f" {number_change} AND NEW.hop IS NULL; {number_item} AND NEW.hop IS NULL; END"
        ),
        f"{table.sql}_update": (
            f"AFTER UPDATE OF item ON {table.sql}"
            f" WHEN OLD.item IS NOT NEW.item AND {was} IS {now} BEGIN"
            f" INSERT INTO {table.changes} (kind, key, old, new, hop, version, at_ms)"
            f" VALUES ('update', {new_key}, OLD.item, NEW.item,"
            f" CASE WHEN {ours} THEN NEW.hop END, OLD.version + 1,"
            f" CASE WHEN {ours} THEN {at} END);"
            f" UPDATE {table.sql} SET version = version + 1, hop = NULL"
            f" WHERE {new_row} AND NEW.version IS OLD.version; END"
        ),
        f"{table.sql}_rekey": (
            f"AFTER UPDATE OF {', '.join(columns)} ON {table.sql} WHEN {was} IS NOT {now} BEGIN"
            f" INSERT INTO {table.changes} (kind, key, old, version)"
            f" VALUES ('remove', {old_key}, OLD.item, OLD.version);"
            f" INSERT INTO {table.changes} (kind, key, new, version)"
            f" VALUES ('insert', {new_key}, NEW.item, NEW.version);"
            f" {number_change}; {number_item}; END"
        ),
        f"{table.sql}_remove": (
            f"AFTER DELETE ON {table.sql} BEGIN"
            f" INSERT INTO {table.changes} (kind, key, old, version)"
            f" VALUES ('remove', {old_key}, OLD.item, OLD.version); END"
        ),
    }
